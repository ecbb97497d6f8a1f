using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Penstock.KeyValue.Interop;

namespace Penstock.KeyValue.Durability.Files;

/// <summary>The files of a Unix, by its own calls.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class PosixDisk : Disk
{
    /// <summary>SIGXFSZ; the same on every Unix that the runtime has.</summary>
    private const PosixSignal FileTooLarge = (PosixSignal)25;

    /// <summary>
    /// A write past the limit of <c>ulimit -f</c> would end the process. With the signal handled it fails like any
    /// other write, and the next log may be a shorter one.
    /// </summary>
    private readonly PosixSignalRegistration _fileTooLarge =
        PosixSignalRegistration.Create(FileTooLarge, context => context.Cancel = true);

    public override DiskDirectory? TryOpenDirectory(string path)
    {
        int descriptor = FileCalls.Open(path, FileCalls.ReadOnly);
        if (descriptor == FileCalls.NotThere)
            return null;
        return new PosixDirectory(path, Require(descriptor, path, "open"));
    }

    public override void MakeDirectory(string path)
    {
        int result = FileCalls.MakeDirectory(path);
        if (result != FileCalls.IsThere)
            Require(result, path, "mkdir");
    }

    public override FileIdentity? Identify(string path)
    {
        int result = FileCalls.Identify(path, out FileIdentity identity);
        if (result == FileCalls.NotThere)
            return null;
        Require(result, path, "stat");
        return identity;
    }

    /// <summary>The result of a call, unless it is an error.</summary>
    public static int Require(int result, string path, string call) =>
        result >= 0
            ? result
            : throw new DiskException(path, call, Marshal.GetPInvokeErrorMessage(-result))
            {
                IsDenied = result == FileCalls.Denied,
            };
}
