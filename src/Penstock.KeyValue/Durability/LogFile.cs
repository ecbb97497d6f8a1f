using Penstock.KeyValue.Durability.Files;

namespace Penstock.KeyValue.Durability;

/// <summary>A file that is written from front to end. Only one thread uses it.</summary>
internal sealed class LogFile : IDisposable
{
    private readonly Disk _disk;
    private readonly DiskFile _file;

    /// <summary>Takes an open file over; what is in it is kept.</summary>
    public LogFile(DiskFile file, Disk disk)
    {
        _file = file;
        _disk = disk;
        Length = Begin();
    }

    public string Path => _file.Path;

    /// <summary>Bytes that count; what lies behind them was not written whole.</summary>
    public long Length { get; private set; }

    /// <summary>Writes behind <see cref="Length"/>, which only moves when all of it is written.</summary>
    /// <exception cref="IOException">The disk is full, or failing.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        _file.WriteAll(bytes, Length);
        Length += bytes.Length;
    }

    /// <summary>Takes the last <paramref name="count"/> bytes back, to be written again.</summary>
    public void Retract(int count) => Length -= count;

    /// <summary>Returns when everything is on the disk.</summary>
    /// <exception cref="IOException">It is not.</exception>
    public void Sync() => _file.Sync();

    /// <summary>
    /// Whoever starts next looks for the file by its path. When that leads elsewhere, what is written here is as good
    /// as lost.
    /// </summary>
    /// <exception cref="IOException">The file is not where it was opened any more.</exception>
    public void RequireInPlace()
    {
        if (_disk.Identify(Path) != _file.Identity)
            throw new DiskException(Path, "stat", "the file was removed or replaced while the server used it");
    }

    /// <summary>Ends the use; what was written and not synced may still fail here.</summary>
    public void Close() => _file.Close();

    public void Dispose() => _file.Dispose();

    private long Begin()
    {
        long length = _file.Length;
        if (length >= LogFormat.Magic.Length)
            return length;

        // New, or left by an attempt that did not get further than this.
        _file.WriteAll(LogFormat.Magic, 0);
        return LogFormat.Magic.Length;
    }
}
