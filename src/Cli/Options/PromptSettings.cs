using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text;
using Weir.Cli.Output;
using Weir.Kernels;

namespace Weir.Cli.Options;

/// <summary>Where a verb's texts come from: the command line, a file, or the standard input.</summary>
internal sealed class PromptSettings
{
    private readonly bool _many;

    /// <summary>Makes the argument and the option.</summary>
    /// <param name="name">What help calls the text.</param>
    /// <param name="many">True where a file holds one text a line, false where it is one text as a whole.</param>
    public PromptSettings(string name, bool many)
    {
        _many = many;
        Argument = new Argument<string[]>(name)
        {
            Arity = ArgumentArity.ZeroOrMore,
            Description = many ? "a text, or several; - reads one from the standard input" : "the text; - reads it from the standard input",
        };
        File = new TextSetting("--file", "FILE", many
            ? "read the texts from a file, one a line, and run them as one batch; - is the standard input"
            : "read the text from a file, without its last line break; - is the standard input");
    }

    /// <summary>The argument.</summary>
    public Argument<string[]> Argument { get; }

    /// <summary>The option.</summary>
    public TextSetting File { get; }

    /// <summary>Token ids in the place of texts.</summary>
    public RepeatedSetting Ids { get; } = new("--ids", "LIST", "token ids instead of a text, such as 0,316,380; nothing is put before them");

    /// <summary>The only text.</summary>
    public string One(Session session) => ReadTexts(session)[0];

    /// <summary>All prompts, at least one and none of them empty.</summary>
    public IReadOnlyList<Prompt> Read(Session session)
    {
        string[] lists = Ids.Get(session.Arguments);
        if (lists.Length == 0)
        {
            return [.. ReadTexts(session).Select(text => new Prompt(text, null))];
        }

        if (session.Arguments.GetValue(Argument) is { Length: > 0 } || File.Get(session.Arguments) is not null || (!_many && lists.Length > 1))
        {
            throw new UsageException($"--ids stands alone{(_many ? "" : " and once")}, without a {Argument.Name} and without --file.");
        }

        return [.. lists.Select(list => new Prompt(null, ParseIds(Ids.Name, list)))];
    }

    /// <summary>Token ids as an option's list names them.</summary>
    public static int[] ParseIds(string option, string list)
    {
        string[] words = list.Split(',', StringSplitOptions.TrimEntries);
        int[] ids = new int[words.Length];
        for (int i = 0; i < ids.Length; i++)
        {
            if (!int.TryParse(words[i], NumberStyles.None, CultureInfo.InvariantCulture, out ids[i]))
            {
                throw new UsageException($"{option} must be token ids with commas between them, not '{list}'.");
            }
        }

        return ids;
    }

    /// <summary>The lines of a file, none of them empty.</summary>
    public static IReadOnlyList<string> ReadLines(string file) => Lines(ReadFile(file), file);

    /// <summary>Refuses an option that there is not, which the parser takes for one more text.</summary>
    public static void RequireNoStrayOption(ParseResult arguments, Argument argument)
    {
        if (arguments.GetResult(argument) is not { } result)
        {
            return;
        }

        Token? end = arguments.Tokens.FirstOrDefault(t => t.Type == TokenType.DoubleDash);
        int limit = end is null ? int.MaxValue : IndexOf(arguments.Tokens, end);
        Token? stray = result.Tokens.FirstOrDefault(t => IsLikeOption(t.Value) && IndexOf(arguments.Tokens, t) < limit);
        if (stray is not null)
        {
            throw new UsageException(UsageErrors.UnknownOption(stray.Value, arguments));
        }
    }

    private List<string> ReadTexts(Session session)
    {
        string[] given = session.Arguments.GetValue(Argument) ?? [];
        string? file = File.Get(session.Arguments);
        RequireNoStrayOption(session.Arguments, Argument);
        if (!_many && given.Length > 1)
        {
            throw new UsageException($"'{given[1]}' is one argument too many; a {Argument.Name} with spaces stands in quotes.");
        }

        if (given.Length > 0 == file is not null)
        {
            throw new UsageException(file is null ? $"A {Argument.Name} is missing." : $"A {Argument.Name} and --file are given; give one of them.");
        }

        if (file is not null)
        {
            string content = file == "-" ? session.Terminal.ReadInput() : ReadFile(file);
            return _many ? [.. Lines(content, file)] : [Required(WithoutLastBreak(content), $"{file} is empty")];
        }

        return [.. given.Select(text => Required(text == "-" ? WithoutLastBreak(session.Terminal.ReadInput()) : text, "the text is empty"))];
    }

    private static bool IsLikeOption(string text) =>
        text.Length > 1 && text[0] == '-' && (text[1] == '-' || char.IsAsciiLetter(text[1])) && !text.Contains(' ', StringComparison.Ordinal);

    private static int IndexOf(IReadOnlyList<Token> tokens, Token token)
    {
        int i = 0;
        while (i < tokens.Count && !ReferenceEquals(tokens[i], token))
        {
            i++;
        }

        return i;
    }

    private static string ReadFile(string path)
    {
        if (Directory.Exists(path))
        {
            throw new WeirException($"--file {path} is a directory; name a text file.");
        }

        try
        {
            byte[] bytes = System.IO.File.ReadAllBytes(path);
            ReadOnlySpan<byte> text = bytes;
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(text.StartsWith("\uFEFF"u8) ? text[3..] : text);
        }
        catch (DecoderFallbackException e)
        {
            throw new WeirException($"{path} is not UTF-8 text; convert it first.", e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new WeirException($"The file {path} does not exist.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new WeirException($"The file {path} may not be read.", e);
        }
    }

    private static string[] Lines(string content, string file)
    {
        string[] lines = WithoutLastBreak(content).Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            lines[i] = Required(lines[i].TrimEnd('\r'), lines.Length == 1 ? $"{file} is empty" : $"line {i + 1} of {file} is empty");
        }

        return lines;
    }

    private static string WithoutLastBreak(string text) =>
        text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;

    private static string Required(string text, string otherwise) =>
        text.Length > 0 ? text : throw new WeirException($"EmptyPrompt: {otherwise}; give a text with at least one token.");
}
