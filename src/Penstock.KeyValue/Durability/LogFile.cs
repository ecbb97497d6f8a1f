using Microsoft.Win32.SafeHandles;

namespace Penstock.KeyValue.Durability;

/// <summary>A file that is written from front to end. Only the log's thread uses it.</summary>
internal class LogFile : IDisposable
{
    private readonly SafeFileHandle _handle;

    /// <summary>Opens or makes a file; what is there is kept.</summary>
    public LogFile(string path)
    {
        Path = path;
        _handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        try
        {
            Length = Begin();
        }
        catch
        {
            _handle.Dispose();
            throw;
        }
    }

    public string Path { get; }

    /// <summary>Bytes that count; what lies behind them was not written whole.</summary>
    public long Length { get; private set; }

    /// <summary>Writes behind <see cref="Length"/>, which only moves when all of it is written.</summary>
    /// <exception cref="IOException">The disk is full, or failing.</exception>
    public virtual void Append(ReadOnlySpan<byte> bytes)
    {
        RandomAccess.Write(_handle, bytes, Length);
        Length += bytes.Length;
    }

    /// <summary>Takes the last <paramref name="count"/> bytes back, to be written again.</summary>
    public void Retract(int count) => Length -= count;

    /// <summary>Returns when everything is on the disk.</summary>
    /// <exception cref="IOException">It is not.</exception>
    public virtual void Sync() => RandomAccess.FlushToDisk(_handle);

    public void Dispose()
    {
        _handle.Dispose();
        GC.SuppressFinalize(this);
    }

    private long Begin()
    {
        long length = RandomAccess.GetLength(_handle);
        if (length >= LogFormat.Magic.Length)
            return length;

        // New, or left by an attempt that did not get further than this.
        RandomAccess.Write(_handle, LogFormat.Magic, 0);
        return LogFormat.Magic.Length;
    }
}
