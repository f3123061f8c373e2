using System.Text.Json;
using Weir.Cli.Options;
using Weir.Cli.Output;
using Weir.Cli.Rendering;
using Weir.Kernels;
using Weir.Kernels.Cuda;
using Weir.Kernels.Verification;

namespace Weir.Cli.Commands;

/// <summary>weir kernels: what the compiler made of every kernel, and what a GPU's own driver makes of it.</summary>
internal sealed class KernelsCommand : Verb
{
    private readonly RepeatedSetting _kernel = new("--kernel", "NAME", "show these kernels alone: a name, or how names begin");
    private readonly FlagSetting _verify = new("--verify", "run every op's self-test on the device instead: small cases, compared with the CPU");
    private readonly TextSetting _json = new("--json", "FILE", "write it all as JSON; - is the standard output, instead of the table");

    /// <summary>Makes the verb.</summary>
    public KernelsCommand() : base("kernels", "shows registers, memory and code size of every kernel, as the compiler made it and as a GPU's driver does")
    {
        AddGroup("Kernels", _kernel, _verify);
        AddGroup("Output", _json);
    }

    /// <inheritdoc/>
    public override string Notes =>
        """
        The table is that of kernels/resources.tsv, which kernels/resources.sh makes. Stack and spills are bytes a thread in local memory, shared is static shared memory a block. With --device cuda, the last two columns are what the GPU's own driver made of the same PTX.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Examples => ["weir kernels", "weir kernels --kernel matmul --device cuda", "weir kernels --verify --device cuda"];

    /// <inheritdoc/>
    public override void Run(Session session)
    {
        string? json = _json.Get(session.Arguments);
        OutputFile.Check("--json", json);
        if (_verify.Get(session.Arguments))
        {
            Verify(session);
            return;
        }

        string[] names = _kernel.Get(session.Arguments);
        KernelResources[] rows = [.. KernelTable.Rows.Where(r => names.Length == 0 || names.Any(n => r.Kernel.StartsWith(n, StringComparison.Ordinal)))];
        if (rows.Length == 0)
        {
            throw new UsageException($"No kernel's name begins with '{names[0]}'.");
        }

        using IDevice device = session.OpenDevice();
        var gpu = device as CudaDevice;
        CudaFunctionFacts?[] facts = [.. rows.Select(r => gpu is { Facts.IsEmulated: false } && Runs(r, gpu) ? gpu.KernelFacts(r.Kernel) : (CudaFunctionFacts?)null)];
        if (json is not null)
        {
            RunRecord.Save(json, session, w => w.WriteString("device", device.Name), w => WriteJson(w, rows, facts));
        }

        if (json != "-")
        {
            WriteTable(session.Terminal, rows, facts);
        }
    }

    private static void Verify(Session session)
    {
        using IDevice device = session.OpenDevice();
        var table = new TextTable(session.Terminal).Column("case").Column("error", right: true).Column("allowed", right: true).Column("", flexible: true);
        int cases = 0;
        var wrong = new List<OpVerdict>();
        using (var bar = new ProgressBar(session.Terminal, "verifying", session.Cancellation))
        {
            foreach (OpVerdict v in OpVerification.Run(device))
            {
                bar.Report((double)++cases / OpVerification.Cases);
                table.Row(v.Case, Error(v.Error), Error(v.Tolerance), v.IsRight ? "" : $"WRONG: {v.Where}");
                if (!v.IsRight)
                {
                    wrong.Add(v);
                }
            }
        }

        table.Write();
        session.Terminal.Output.WriteLine();
        session.Terminal.Output.WriteLine($"{device.Name}: {cases - wrong.Count} of {cases} cases as on the CPU.");
        if (wrong.Count > 0)
        {
            throw new WeirException($"WrongResults: {wrong.Count} of {cases} cases are wrong on {device.Name}, the first is {wrong[0].Case}; do not trust its results, and report this with the driver's version.");
        }
    }

    private static string Error(double error) => error == 0 ? "0" : error.ToString("0.0E+0", System.Globalization.CultureInfo.InvariantCulture);

    // The target whose code the device has loaded: its own Hopper body, or the PTX for all.
    private static bool Runs(KernelResources row, CudaDevice device) => row.Target == "sm_90a" ? device.Facts.Capability == 90
        : row.Target == "sm_90" ? device.Facts.Capability == 90
        : device.Facts.Capability != 90;

    private static void WriteTable(Terminal terminal, KernelResources[] rows, CudaFunctionFacts?[] facts)
    {
        bool measured = facts.Any(f => f is not null);
        terminal.Output.WriteLine($"Made by {KernelTable.Compiler}:");
        terminal.Output.WriteLine();
        var table = new TextTable(terminal).Column("kernel").Column("file").Column("target")
            .Column("registers", right: true).Column("shared", right: true).Column("stack", right: true).Column("spills", right: true).Column("code", right: true);
        if (measured)
        {
            table.Column("GPU registers", right: true).Column("GPU local", right: true);
        }

        for (int i = 0; i < rows.Length; i++)
        {
            KernelResources r = rows[i];
            string[] cells =
            [
                r.Kernel, $"kernels/{r.File}", r.Target,
                Text.Of(r.Registers), Text.Grouped(r.SharedBytes), Text.Of(r.StackBytes), Text.Of(r.SpillStoreBytes + r.SpillLoadBytes), Text.Grouped(r.CodeBytes),
            ];
            table.Row(!measured ? cells : facts[i] is { } f ? [.. cells, Text.Of(f.Registers), Text.Of(f.LocalBytes)] : [.. cells, "", ""]);
        }

        table.Write();
        foreach (IGrouping<string, KernelResources> reason in rows.Where(r => r.StackReason.Length > 0).GroupBy(r => r.StackReason, StringComparer.Ordinal))
        {
            terminal.Output.WriteLine();
            foreach (string line in TextWidth.Wrap($"Stack of {string.Join(", ", reason.Select(r => r.Kernel).Distinct(StringComparer.Ordinal))}: {reason.Key}.", terminal.Settings.Width))
            {
                terminal.Output.WriteLine(line);
            }
        }
    }

    private static void WriteJson(Utf8JsonWriter json, KernelResources[] rows, CudaFunctionFacts?[] facts)
    {
        json.WriteString("compiler", KernelTable.Compiler);
        json.WriteStartArray("kernels");
        for (int i = 0; i < rows.Length; i++)
        {
            KernelResources r = rows[i];
            json.WriteStartObject();
            json.WriteString("kernel", r.Kernel);
            json.WriteString("file", r.File);
            json.WriteString("target", r.Target);
            json.WriteNumber("registers", r.Registers);
            json.WriteNumber("shared_bytes", r.SharedBytes);
            json.WriteNumber("stack_bytes", r.StackBytes);
            json.WriteNumber("spill_store_bytes", r.SpillStoreBytes);
            json.WriteNumber("spill_load_bytes", r.SpillLoadBytes);
            json.WriteNumber("code_bytes", r.CodeBytes);
            if (r.StackReason.Length > 0)
            {
                json.WriteString("stack_reason", r.StackReason);
            }

            if (facts[i] is { } f)
            {
                json.WriteStartObject("on_device");
                json.WriteNumber("registers", f.Registers);
                json.WriteNumber("shared_bytes", f.SharedBytes);
                json.WriteNumber("local_bytes", f.LocalBytes);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
