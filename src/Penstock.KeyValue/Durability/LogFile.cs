using Penstock.KeyValue.Durability.Files;

namespace Penstock.KeyValue.Durability;

/// <summary>A file that is written from front to end. Only one thread uses it.</summary>
internal sealed class LogFile : IDisposable
{
    private readonly Disk _disk;
    private readonly DiskFile _file;
    private ulong _identifier;

    /// <summary>Bytes that are on the disk.</summary>
    private long _safe;

    /// <summary>Where the last mark ends, which is not on the disk before the next sync.</summary>
    private long _marked;

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

    /// <summary>Whether anything but a mark was written since the last sync.</summary>
    public bool HasUnsynced => Length > Math.Max(_safe, _marked);

    /// <summary>Writes behind <see cref="Length"/>, which only moves when all of it is written.</summary>
    /// <exception cref="IOException">The disk is full, or failing.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        _file.WriteAll(bytes, Length);
        Length += bytes.Length;
    }

    /// <summary>
    /// Notes that all of it is on the disk, if that is so and was not noted yet. The mark is on the disk with the next
    /// sync.
    /// </summary>
    public void Mark()
    {
        if (Length > _safe || Length == _marked)
            return;
        Span<byte> mark = stackalloc byte[LogFormat.MarkBytes];
        LogFormat.WriteMark(mark, _identifier, Length);
        Append(mark);
        _marked = Length;
    }

    /// <summary>Returns when everything is on the disk.</summary>
    /// <exception cref="IOException">It is not.</exception>
    public void Sync()
    {
        _file.Sync();
        _safe = Length;
    }

    /// <summary>
    /// After a sync that failed the kernel may have given up any page of what was written since the one before, and
    /// would not write it with the next one either. So all of that is taken back, to be written again; if it is more
    /// than the last <paramref name="count"/> bytes, only these are, and the rest is in doubt.
    /// </summary>
    /// <returns>Whether nothing is in doubt.</returns>
    public bool TakeBack(int count)
    {
        long left = Length - count;
        bool isAll = left <= Math.Max(_safe, _marked);
        Length = isAll ? _safe : left;
        if (isAll)
            _marked = 0;
        return isAll;
    }

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
        Span<byte> header = stackalloc byte[LogFormat.FileHeaderBytes];
        long length = _file.Length;
        if (_file.ReadFully(header, 0) == header.Length && LogFormat.TryReadFileHeader(header, out _identifier))
        {
            _marked = length == header.Length || IsMarked(length) ? length : 0;
            return length;
        }

        // New, or left by an attempt that did not get further than this.
        if (length > header.Length)
            throw new DiskException(Path, "open", "it is not a log");
        _identifier = _disk.NewIdentifier();
        LogFormat.WriteFileHeader(header, _identifier);
        _file.WriteAll(header, 0);
        _marked = header.Length;
        return header.Length;
    }

    private bool IsMarked(long length)
    {
        Span<byte> last = stackalloc byte[LogFormat.MarkBytes];
        long offset = length - last.Length;
        return offset > 0
            && _file.ReadFully(last, offset) == last.Length
            && LogFormat.IsMark(last, _identifier, offset);
    }
}
