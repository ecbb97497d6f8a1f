namespace Penstock.KeyValue.Durability;

/// <summary>Reads the records of a log or a snapshot, from the front until one is not whole.</summary>
internal sealed class RecordReader : IDisposable
{
    private readonly FileStream _stream;
    private readonly byte[] _header = new byte[LogFormat.HeaderBytes];
    private byte[] _payload = new byte[4096];

    public RecordReader(string path)
    {
        _stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 256 * 1024);
        Span<byte> magic = stackalloc byte[LogFormat.Magic.Length];
        int read = _stream.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
        Length = _stream.Length;
        HasMagic = magic[..read].SequenceEqual(LogFormat.Magic);
        Offset = HasMagic ? read : 0;
    }

    /// <summary>False when the file is not one of ours, or ends within its first bytes.</summary>
    public bool HasMagic { get; }

    /// <summary>Asked once: nobody else writes to the file, and a search would ask for every byte.</summary>
    public long Length { get; }

    /// <summary>Where the next record begins.</summary>
    public long Offset { get; private set; }

    /// <summary>Reads a record; false at the end, and where what follows is no record.</summary>
    public bool TryRead(out ReadOnlySpan<byte> payload)
    {
        payload = default;
        _stream.Position = Offset;
        if (!TryReadHeader(Offset, out int length) || !TryReadPayload(Offset, length))
            return false;
        payload = _payload.AsSpan(0, length);
        Offset += LogFormat.HeaderBytes + length;
        return true;
    }

    /// <summary>
    /// Whether a record lies anywhere behind the place where reading stopped. Then that place is damaged; otherwise the
    /// file just ends there. Also true when that cannot be told in reasonable time: then nothing may be cut off.
    /// </summary>
    public bool HasRecordBehind()
    {
        var search = new RecordSearch(_stream);
        for (long offset = Offset + 1; offset + LogFormat.HeaderBytes < Length; offset++)
        {
            _stream.Position = offset;
            if (TryReadHeader(offset, out int length)
                && search.IsPlausible(offset + LogFormat.HeaderBytes, length) && TryReadPayload(offset, length))
                return true;
            if (search.IsExhausted)
                return true;
        }

        return false;
    }

    public void Dispose() => _stream.Dispose();

    private bool TryReadHeader(long offset, out int length)
    {
        length = 0;
        if (_stream.ReadAtLeast(_header, _header.Length, throwOnEndOfStream: false) < _header.Length)
            return false;
        uint announced = LogFormat.LengthOf(_header);
        if (announced == 0 || announced > Length - offset - LogFormat.HeaderBytes || announced > Array.MaxLength)
            return false;
        length = (int)announced;
        return _stream.ReadByte() is >= (int)LogOperation.Set and <= (int)LogOperation.SnapshotEnd;
    }

    private bool TryReadPayload(long offset, int length)
    {
        _stream.Position = offset + LogFormat.HeaderBytes;
        if (_payload.Length < length)
            _payload = new byte[Math.Max(length, Math.Min(_payload.Length * 2L, Array.MaxLength))];
        _stream.ReadExactly(_payload, 0, length);
        return LogFormat.Matches(_header, _payload.AsSpan(0, length));
    }
}
