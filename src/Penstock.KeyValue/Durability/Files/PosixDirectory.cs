using System.Runtime.Versioning;
using Penstock.KeyValue.Interop;
using static Penstock.KeyValue.Durability.Files.PosixDisk;

namespace Penstock.KeyValue.Durability.Files;

/// <inheritdoc/>
[UnsupportedOSPlatform("windows")]
internal sealed class PosixDirectory(string path, int descriptor) : DiskDirectory(path)
{
    private int _descriptor = descriptor;

    public override string[] List()
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(Path).Select(entry => System.IO.Path.GetFileName(entry))];
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new DiskException(Path, "readdir", exception.Message, exception);
        }
    }

    public override DiskFile? TryOpen(string name, FileAccess access)
    {
        int flags = access == FileAccess.Read ? FileCalls.ReadOnly : FileCalls.ReadWrite;
        int opened = FileCalls.OpenAt(_descriptor, name, flags);
        if (opened == FileCalls.NotThere)
            return null;
        return new PosixFile(PathOf(name), Require(opened, PathOf(name), "open"));
    }

    public override DiskFile OpenOrCreate(string name)
    {
        int opened = FileCalls.OpenAt(_descriptor, name, FileCalls.ReadWrite | FileCalls.Create);
        return new PosixFile(PathOf(name), Require(opened, PathOf(name), "open"));
    }

    public override void Rename(string from, string to) =>
        Require(FileCalls.Rename(_descriptor, from, to), PathOf(from), "rename");

    public override void Delete(string name)
    {
        int result = FileCalls.Delete(_descriptor, name);
        if (result != FileCalls.NotThere)
            Require(result, PathOf(name), "unlink");
    }

    public override void Keep(string name, DiskDirectory other)
    {
        int result = other is PosixDirectory there
            ? FileCalls.Link(_descriptor, name, there._descriptor)
            : FileCalls.NotSupported;
        if (result == FileCalls.NotSupported || result == FileCalls.NotPermitted)
            base.Keep(name, other);
        else
            Require(result, PathOf(name), "link");
    }

    public override void Sync() => Require(FileCalls.Sync(_descriptor), Path, "fsync");

    public override void Dispose()
    {
        int opened = Interlocked.Exchange(ref _descriptor, -1);
        if (opened >= 0)
            FileCalls.Close(opened);
    }
}
