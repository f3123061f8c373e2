using System.Globalization;
using Microsoft.Data.Sqlite;
using Weir.Engine.Sweeps;
using Weir.Kernels;

namespace Weir.Analysis.Sweeps;

/// <summary>
/// The cells of a sweep in a SQLite file, one transaction a wave, so that a run that was killed goes on where it was: a cell
/// is there with all its values or not at all. Tables: meta(key, value), prompts(id, text, tokens), variants(id, name,
/// edits), cells(prompt, variant), cell_values(prompt, variant, name, layer, value), with layer -1 at the output.
/// </summary>
public sealed class SweepFile : IDisposable
{
    private const string Schema =
        """
        CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS prompts (id INTEGER PRIMARY KEY, text TEXT, tokens TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS variants (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, edits TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS cells (prompt INTEGER NOT NULL, variant INTEGER NOT NULL, PRIMARY KEY (prompt, variant)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS cell_values (
            prompt INTEGER NOT NULL, variant INTEGER NOT NULL, name TEXT NOT NULL, layer INTEGER NOT NULL, value REAL,
            PRIMARY KEY (prompt, variant, name, layer)) WITHOUT ROWID;
        """;

    private readonly SqliteConnection _connection;
    private readonly HashSet<(int Prompt, int Variant)> _done = [];

    private SweepFile(string path, SqliteOpenMode mode)
    {
        Path = path;
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false }.ToString());
        try
        {
            _connection.Open();

            // A commit is on the disk when it returns, whatever happens to the process.
            Execute("PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL;");
            if (mode == SqliteOpenMode.ReadWriteCreate)
            {
                Execute(Schema);
            }

            foreach ((int prompt, int variant) in Query("SELECT prompt, variant FROM cells", r => (r.GetInt32(0), r.GetInt32(1))))
            {
                _done.Add((prompt, variant));
            }
        }
        catch (SqliteException e)
        {
            _connection.Dispose();
            throw new WeirException($"{path} is not a sweep file that can be used: {e.Message.TrimEnd('.')}; name another file.", e);
        }
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Cells that are there.</summary>
    public int Count => _done.Count;

    /// <summary>Makes a file for a sweep, or opens one of the same sweep to go on with it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="description">What the sweep is: model, prompts, variants, metrics.</param>
    /// <param name="resume">False: the file must not exist yet.</param>
    /// <exception cref="WeirException">It exists and may not, or it is another sweep's.</exception>
    public static SweepFile Create(string path, SweepDescription description, bool resume)
    {
        if (File.Exists(path) && !resume)
        {
            throw new WeirException($"{path} exists; go on with it with --resume, or name another file.");
        }

        var file = new SweepFile(path, SqliteOpenMode.ReadWriteCreate);
        try
        {
            file.Describe(description);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Opens a finished or unfinished sweep to read it.</summary>
    /// <exception cref="WeirException">There is no such file.</exception>
    public static SweepFile Open(string path) => File.Exists(path)
        ? new SweepFile(path, SqliteOpenMode.ReadOnly)
        : throw new WeirException($"The sweep file {path} does not exist.");

    /// <summary>True where a cell is there.</summary>
    public bool Has(int prompt, int variant) => _done.Contains((prompt, variant));

    /// <summary>Adds cells, all or none.</summary>
    public void Add(IReadOnlyList<SweepCell> cells)
    {
        using SqliteTransaction transaction = _connection.BeginTransaction();
        using SqliteCommand cell = Command("INSERT INTO cells (prompt, variant) VALUES ($p, $v)", "$p", "$v");
        using SqliteCommand value = Command("INSERT INTO cell_values (prompt, variant, name, layer, value) VALUES ($p, $v, $n, $l, $x)", "$p", "$v", "$n", "$l", "$x");
        cell.Transaction = value.Transaction = transaction;
        foreach (SweepCell c in cells)
        {
            Run(cell, c.Prompt, c.Variant);
            foreach (SweepValue x in c.Values)
            {
                // SQLite has no NaN: null.
                Run(value, c.Prompt, c.Variant, x.Name, x.Layer, double.IsNaN(x.Value) ? DBNull.Value : x.Value);
            }
        }

        transaction.Commit();
        foreach (SweepCell c in cells)
        {
            _done.Add((c.Prompt, c.Variant));
        }
    }

    /// <summary>All cells in the order of prompts and variants.</summary>
    public IEnumerable<SweepCell> Cells()
    {
        var names = Query("SELECT id, name FROM variants", r => (Id: r.GetInt32(0), Name: r.GetString(1))).ToDictionary(v => v.Id, v => v.Name);
        foreach ((int prompt, int variant) in _done.Order())
        {
            SweepValue[] values = [.. Query(
                string.Create(CultureInfo.InvariantCulture, $"SELECT name, layer, value FROM cell_values WHERE prompt = {prompt} AND variant = {variant} ORDER BY name, layer"),
                r => new SweepValue(r.GetString(0), r.GetInt32(1), r.IsDBNull(2) ? double.NaN : r.GetDouble(2)))];
            yield return new SweepCell(prompt, variant, names[variant], values);
        }
    }

    /// <summary>What the sweep is.</summary>
    public SweepDescription Description => new(
        Query("SELECT key, value FROM meta", r => (Key: r.GetString(0), Value: r.GetString(1))).ToDictionary(m => m.Key, m => m.Value, StringComparer.Ordinal),
        [.. Query("SELECT text, tokens FROM prompts ORDER BY id", r => new SweepPrompt(r.IsDBNull(0) ? null : r.GetString(0), r.GetString(1)))],
        [.. Query("SELECT name, edits FROM variants ORDER BY id", r => new SweepVariant(r.GetString(0), r.GetString(1)))]);

    /// <summary>Puts parts of one sweep together.</summary>
    /// <param name="path">The file to make.</param>
    /// <param name="parts">The parts; cells that several have must be the same, else it is an error.</param>
    /// <returns>Cells in the whole, and cells of the sweep that no part has.</returns>
    /// <exception cref="WeirException">They are not of one sweep, or disagree.</exception>
    public static (int Cells, int Missing) Merge(string path, IReadOnlyList<string> parts)
    {
        using SweepFile first = Open(parts[0]);
        SweepDescription description = first.Description;
        string unfinished = path + ".part";
        File.Delete(unfinished);
        try
        {
            int count;
            using (SweepFile whole = Create(unfinished, description, resume: false))
            {
                foreach (string part in parts)
                {
                    using SweepFile file = Open(part);
                    if (file.Description.DifferenceFrom(description) is { } difference)
                    {
                        throw new WeirException($"{part} is not a part of the sweep of {parts[0]}: {difference}.");
                    }

                    whole.Take(file);
                }

                count = whole.Count;
            }

            File.Move(unfinished, path, overwrite: false);
            return (count, (description.Prompts.Count * description.Variants.Count) - count);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private void Take(SweepFile part)
    {
        var own = Cells().ToDictionary(c => (c.Prompt, c.Variant));
        var added = new List<SweepCell>();
        foreach (SweepCell cell in part.Cells())
        {
            if (!own.TryGetValue((cell.Prompt, cell.Variant), out SweepCell? there))
            {
                added.Add(cell);
            }
            else if (!there.Values.SequenceEqual(cell.Values))
            {
                throw new WeirException($"{part.Path} has other values than another part for prompt {cell.Prompt}, {cell.Name}; the parts were run on different devices or with different options.");
            }
        }

        Add(added);
    }

    private void Describe(SweepDescription description)
    {
        SweepDescription there = Description;
        if (there.Prompts.Count > 0 || there.Meta.Count > 0)
        {
            if (there.DifferenceFrom(description) is { } difference)
            {
                throw new WeirException($"{Path} holds another sweep: {difference}; name another file.");
            }

            return;
        }

        using SqliteTransaction transaction = _connection.BeginTransaction();
        using SqliteCommand meta = Command("INSERT INTO meta (key, value) VALUES ($k, $v)", "$k", "$v");
        using SqliteCommand prompt = Command("INSERT INTO prompts (id, text, tokens) VALUES ($i, $t, $k)", "$i", "$t", "$k");
        using SqliteCommand variant = Command("INSERT INTO variants (id, name, edits) VALUES ($i, $n, $e)", "$i", "$n", "$e");
        meta.Transaction = prompt.Transaction = variant.Transaction = transaction;
        foreach ((string key, string value) in description.Meta)
        {
            Run(meta, key, value);
        }

        for (int i = 0; i < description.Prompts.Count; i++)
        {
            Run(prompt, i, (object?)description.Prompts[i].Text ?? DBNull.Value, description.Prompts[i].Tokens);
        }

        for (int i = 0; i < description.Variants.Count; i++)
        {
            Run(variant, i, description.Variants[i].Name, description.Variants[i].Edits);
        }

        transaction.Commit();
    }

    private SqliteCommand Command(string text, params ReadOnlySpan<string> parameters)
    {
        SqliteCommand command = _connection.CreateCommand();
        command.CommandText = text;
        foreach (string parameter in parameters)
        {
            command.Parameters.Add(new SqliteParameter(parameter, null));
        }

        return command;
    }

    private static void Run(SqliteCommand command, params ReadOnlySpan<object> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i];
        }

        _ = command.ExecuteNonQuery();
    }

    private void Execute(string text)
    {
        using SqliteCommand command = Command(text);
        _ = command.ExecuteNonQuery();
    }

    private List<T> Query<T>(string text, Func<SqliteDataReader, T> read)
    {
        using SqliteCommand command = Command(text);
        using SqliteDataReader reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(read(reader));
        }

        return rows;
    }
}
