using System.Runtime.Versioning;
using Penstock.KeyValue.Interop;

namespace Penstock.KeyValue.Durability.Files;

/// <inheritdoc/>
[UnsupportedOSPlatform("windows")]
internal sealed class PosixFile : DiskFile
{
    private int _descriptor;
    private bool _isLocked;

    public PosixFile(string path, int descriptor)
        : base(path)
    {
        _descriptor = descriptor;
        int result = FileCalls.Identify(descriptor, out FileIdentity identity);
        Identity = identity;
        if (result >= 0)
            return;
        Dispose();
        Require(result, "stat");
    }

    public override FileIdentity Identity { get; }

    public override long Length
    {
        get
        {
            long length = FileCalls.LengthOf(_descriptor);
            if (length < 0)
                Require((int)length, "lseek");
            return length;
        }
    }

    public override int Read(Span<byte> buffer, long offset) =>
        Require(FileCalls.Read(_descriptor, buffer, offset), "pread");

    public override int Write(ReadOnlySpan<byte> bytes, long offset) =>
        Require(FileCalls.Write(_descriptor, bytes, offset), "pwrite");

    public override void SetLength(long length) => Require(FileCalls.Truncate(_descriptor, length), "ftruncate");

    public override void Sync() => Require(FileCalls.Sync(_descriptor), "fsync");

    public override bool TryLock()
    {
        int result = FileCalls.TryLock(_descriptor);
        if (result == FileCalls.WouldBlock)
            return false;
        Require(result, "flock");
        return _isLocked = true;
    }

    public override void Close()
    {
        if (TakeDescriptor() is { } opened)
            Require(FileCalls.Close(opened), "close");
    }

    public override void Dispose()
    {
        if (TakeDescriptor() is { } opened)
            FileCalls.Close(opened);
    }

    /// <summary>
    /// Closing alone would leave the lock to a process that was started meanwhile, until it runs its own program.
    /// </summary>
    private int? TakeDescriptor()
    {
        int opened = Interlocked.Exchange(ref _descriptor, -1);
        if (opened < 0)
            return null;
        if (_isLocked)
            FileCalls.Unlock(opened);
        return opened;
    }

    private int Require(int result, string call) => PosixDisk.Require(result, Path, call);
}
