using System.CommandLine;
using System.CommandLine.Parsing;
using Weir.Cli.Edits;
using Weir.Engine.Hooks;

namespace Weir.Cli.Options;

/// <summary>The options that change values while they flow, in the order in which they were given.</summary>
internal sealed class EditSettings
{
    /// <summary>What help says of them.</summary>
    public const string Help =
        """
        Edits act in the order in which they are given. SITE is a TransformerLens name or its short form, with * for all layers: blocks.3.hook_resid_post, resid_post.3, mlp.post.*; 'weir inspect' lists them. FILE holds a vector of the site's width (or one row a position, for --add and --replace): .safetensors (NAME.safetensors#TENSOR where it has several), .npy, or .json with an array of numbers. C is a factor, 1 if left out; with @sequences, a list with one for each.

        An edit acts everywhere unless parts follow it:
          @3..       positions 3 and on, into the generated text
          @3..7      positions 3, 4, 5 and 6; @5 is position 5 alone
          @-1        the prompt's last token; @-4..-1 the three before it
          @..^0      the prompt, but nothing of the generated text
          @head=2    one head, at sites that have heads
          @columns=10..20     columns (within the head; keys, at attention maps)
          @sequences=0,2      texts of the batch
        """;

    private readonly RepeatedSetting[] _options =
    [
        new("--add", "SITE=FILE[:C][@..]", "add the file's vector v: x + C v"),
        new("--scale", "SITE=FACTOR[@..]", "multiply: FACTOR x"),
        new("--zero", "SITE[@..]", "set to 0"),
        new("--replace", "SITE=FILE[@..]", "put the file's values there, such as those of weir capture"),
        new("--project-out", "SITE=FILE[:C][@..]", "take C times the part along v out"),
        new("--clamp", "SITE=LOW:HIGH[@..]", "bring each number into LOW to HIGH; one of them may be left out"),
        new("--skip", "SITE[@..]", "leave out a block (resid_post), an attention (attn_out) or an MLP (mlp_out)"),
    ];

    /// <summary>The options.</summary>
    public Option[] All => _options;

    /// <summary>The edits, read and their files loaded.</summary>
    public IReadOnlyList<EditRequest> Read(Session session)
    {
        var edits = new List<EditRequest>();
        var vectors = new VectorFiles();
        string? option = null;
        foreach (Token token in session.Arguments.Tokens)
        {
            if (token.Type == TokenType.Option)
            {
                option = Array.Exists(_options, o => o.Name == token.Value) ? token.Value : null;
            }
            else if (token.Type == TokenType.Argument && option is not null)
            {
                edits.Add(EditParser.Parse(option, token.Value, vectors));
                option = null;
            }
        }

        return edits;
    }

    /// <summary>The edits as hooks for prompts of these lengths.</summary>
    /// <param name="requests">The edits.</param>
    /// <param name="promptLengths">Tokens of each prompt.</param>
    /// <param name="continues">True where text is generated behind the prompts.</param>
    public static HookSet Hooks(IReadOnlyList<EditRequest> requests, IReadOnlyList<int> promptLengths, bool continues)
    {
        var hooks = new HookSet();
        foreach (EditRequest request in requests)
        {
            foreach (Edit edit in request.Resolve(promptLengths, continues))
            {
                hooks.Edit(edit);
            }
        }

        return hooks;
    }
}
