using System.Text.Json;
using Weir.Cli.Options;
using Weir.Cli.Output;
using Weir.Cli.Rendering;
using Weir.Kernels.Cpu;
using Weir.Kernels.Cuda;

namespace Weir.Cli.Commands;

/// <summary>weir devices: where models can run on this machine, and which of NVIDIA's libraries were found.</summary>
internal sealed class DevicesCommand : Verb
{
    private readonly TextSetting _json = new("--json", "FILE", "write it all as JSON; - is the standard output, instead of the tables");

    /// <summary>Makes the verb.</summary>
    public DevicesCommand() : base("devices", "lists where models can run on this machine, and which of NVIDIA's libraries are there") => AddGroup("Output", _json);

    /// <inheritdoc/>
    public override IReadOnlyList<string> Examples => ["weir devices", "weir lens \"12 + 7 =\" --device cuda:0", "weir devices --json -"];

    /// <inheritdoc/>
    public override void Run(Session session)
    {
        string? json = _json.Get(session.Arguments);
        OutputFile.Check("--json", json);
        using var cpu = new CpuDevice();
        IReadOnlyList<CudaDeviceListing> gpus = CudaSystem.Devices(out string? problem);
        IReadOnlyList<CudaLibraryListing> libraries = CudaSystem.Libraries();
        if (json is not null)
        {
            RunRecord.Save(json, session, _ => { }, w => WriteJson(w, cpu, gpus, problem, libraries));
        }

        if (json != "-")
        {
            WriteTables(session.Terminal, cpu, gpus, problem, libraries);
        }
    }

    private static string Capability(CudaFacts facts) => $"{facts.Capability / 10}.{facts.Capability % 10}";

    private static string Driver(CudaFacts facts) => $"{facts.DriverVersion / 1000}.{facts.DriverVersion % 1000 / 10}";

    private static string Memory(long? free, long? total) => (free, total) switch
    {
        (null, _) => "",
        (_, null) => $"{Text.Bytes(free.Value)} free",
        _ => $"{Text.Bytes(free.Value)} free of {Text.Bytes(total.Value)}",
    };

    private static void WriteTables(
        Terminal terminal, CpuDevice cpu, IReadOnlyList<CudaDeviceListing> gpus, string? problem, IReadOnlyList<CudaLibraryListing> libraries)
    {
        var devices = new TextTable(terminal).Column("--device").Column("what it is", flexible: true).Column("capability").Column("SMs", right: true).Column("memory").Column("driver");
        devices.Row("cpu", cpu.Name, "", "", Memory(cpu.AvailableBytes, null), "");
        foreach (CudaDeviceListing gpu in gpus)
        {
            if (gpu.Facts is { } facts)
            {
                devices.Row(gpu.Name, facts.Name, Capability(facts), Text.Of(facts.Multiprocessors), Memory(gpu.FreeBytes, facts.TotalBytes), $"CUDA {Driver(facts)}");
            }
            else
            {
                devices.Row(gpu.Name, gpu.Problem!, "", "", "", "");
            }
        }

        if (CudaSystem.EmulatorPath is { } emulator)
        {
            devices.Row("emulated", $"the kernels on the host, for tests ({emulator})", "8.0 or 9.0", "", "", "");
        }

        devices.Write();
        terminal.Output.WriteLine();
        if (problem is not null)
        {
            terminal.Output.WriteLine(problem);
        }

        terminal.Output.WriteLine(CudaSystem.HasKernels
            ? "This program has the kernels for a GPU."
            : "This program was built without nvcc and has no kernels for a GPU; build it with CUDA 12.4 or newer on the PATH.");
        if (CudaSystem.EmulatorPath is null)
        {
            terminal.Output.WriteLine("The emulator is not built; kernels/emulator/build.sh builds it.");
        }

        terminal.Output.WriteLine();
        var found = new TextTable(terminal).Column("library").Column("where", flexible: true);
        foreach (CudaLibraryListing library in libraries)
        {
            found.Row(library.Name, library.Path ?? $"not found ({string.Join(", ", library.Files)})");
        }

        found.Write();
    }

    private static void WriteJson(
        Utf8JsonWriter json, CpuDevice cpu, IReadOnlyList<CudaDeviceListing> gpus, string? problem, IReadOnlyList<CudaLibraryListing> libraries)
    {
        json.WriteStartArray("devices");
        json.WriteStartObject();
        json.WriteString("device", "cpu");
        json.WriteString("name", cpu.Name);
        json.WriteNumber("threads", cpu.Threads);
        json.WriteNumber("vector_bits", cpu.VectorBits);
        if (cpu.AvailableBytes is { } available)
        {
            json.WriteNumber("free_bytes", available);
        }

        json.WriteEndObject();
        foreach (CudaDeviceListing gpu in gpus)
        {
            json.WriteStartObject();
            json.WriteString("device", gpu.Name);
            if (gpu.Facts is { } facts)
            {
                json.WriteString("name", facts.Name);
                json.WriteString("capability", Capability(facts));
                json.WriteNumber("multiprocessors", facts.Multiprocessors);
                json.WriteNumber("free_bytes", gpu.FreeBytes);
                json.WriteNumber("total_bytes", facts.TotalBytes);
                json.WriteString("driver", Driver(facts));
            }
            else
            {
                json.WriteString("problem", gpu.Problem);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("problem", problem);
        json.WriteBoolean("kernels", CudaSystem.HasKernels);
        json.WriteString("emulator", CudaSystem.EmulatorPath);
        json.WriteStartArray("libraries");
        foreach (CudaLibraryListing library in libraries)
        {
            json.WriteStartObject();
            json.WriteString("library", library.Name);
            json.WriteString("path", library.Path);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
