using Microsoft.Win32.SafeHandles;

namespace Penstock.KeyValue.Durability.Files;

/// <inheritdoc/>
internal sealed class RuntimeFile(string path, SafeFileHandle handle) : DiskFile(path)
{
    /// <summary>A byte that no file has, so that a lock on it keeps nobody from reading.</summary>
    private const long LockedOffset = long.MaxValue - 1;

    private FileStream? _lock;

    public override FileIdentity Identity => default;

    public override long Length => RandomAccess.GetLength(handle);

    public override int Read(Span<byte> buffer, long offset) => RandomAccess.Read(handle, buffer, offset);

    public override int Write(ReadOnlySpan<byte> bytes, long offset)
    {
        RandomAccess.Write(handle, bytes, offset);
        return bytes.Length;
    }

    public override void SetLength(long length) => RandomAccess.SetLength(handle, length);

    public override void Sync() => RandomAccess.FlushToDisk(handle);

    public override bool TryLock()
    {
        // Only a stream can lock, and it must have a handle of its own.
        var stream = new FileStream(Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        try
        {
            if (!OperatingSystem.IsMacOS())
                stream.Lock(LockedOffset, 1);
            _lock = stream;
            return true;
        }
        catch (IOException)
        {
            stream.Dispose();
            return false;
        }
    }

    public override void Close() => Dispose();

    public override void Dispose()
    {
        _lock?.Dispose();
        handle.Dispose();
    }
}
