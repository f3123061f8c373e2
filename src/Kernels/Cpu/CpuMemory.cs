using System.Runtime.InteropServices;

namespace Weir.Kernels.Cpu;

/// <summary>
/// Host memory at 64-byte alignment. On Linux a block of 2 MiB or more is mapped on its own, aligned to 2 MiB, and asks
/// for huge pages: a product streams panels that lie megabytes apart, and with 4 KiB pages it waits for the page walks.
/// Mapping also gives the memory back to the system at once, where malloc might keep it.
/// </summary>
internal static unsafe partial class CpuMemory
{
    private const nuint Alignment = 64;
    private const nuint HugePage = 2 << 20;
    private const int ProtectionReadWrite = 3;
    private const int MapPrivateAnonymous = 0x22;
    private const int AdviceHugePage = 14;

    /// <summary>Allocates memory, contents undefined.</summary>
    /// <exception cref="WeirException">There is none left.</exception>
    public static nint Allocate(long bytes)
    {
        nuint size = Size(bytes);
        if (IsMapped(size))
        {
            nint address = Map(size);
            return address != 0 ? address : throw OutOfMemory(bytes, null);
        }

        try
        {
            return (nint)NativeMemory.AlignedAlloc(size, Alignment);
        }
        catch (OutOfMemoryException e)
        {
            throw OutOfMemory(bytes, e);
        }
    }

    /// <summary>Frees what <see cref="Allocate"/> gave for the same number of bytes.</summary>
    public static void Free(nint address, long bytes)
    {
        nuint size = Size(bytes);
        if (address == 0)
        {
            return;
        }

        if (IsMapped(size))
        {
            _ = Unmap(address, size);
        }
        else
        {
            NativeMemory.AlignedFree((void*)address);
        }
    }

    private static WeirException OutOfMemory(long bytes, Exception? cause) =>
        new($"The machine has not enough memory for {bytes / 1048576.0:F0} MiB more; use a smaller batch or model.", cause!);

    private static nuint Size(long bytes) => (checked((nuint)Math.Max(bytes, 1)) + (Alignment - 1)) & ~(Alignment - 1);

    private static bool IsMapped(nuint size) => OperatingSystem.IsLinux() && size >= HugePage;

    private static nint Map(nuint size)
    {
        const nuint Page = 65536;
        nuint whole = checked(size + HugePage);
        nint address = Map(0, whole, ProtectionReadWrite, MapPrivateAnonymous, -1, 0);
        if (address == -1)
        {
            return 0;
        }

        // Gives the ends outside the aligned block back; the length stays a multiple of any system's page.
        nint aligned = (nint)(((nuint)address + (HugePage - 1)) & ~(HugePage - 1));
        nuint head = (nuint)(aligned - address), kept = (size + (Page - 1)) & ~(Page - 1);
        if (head != 0)
        {
            _ = Unmap(address, head);
        }

        if (head + kept < whole)
        {
            _ = Unmap(aligned + (nint)kept, whole - head - kept);
        }

        _ = Advise(aligned, kept, AdviceHugePage);
        return aligned;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Unmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(nint address, nuint length, int advice);
}
