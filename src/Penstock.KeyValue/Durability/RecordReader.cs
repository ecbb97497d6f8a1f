using Penstock.KeyValue.Durability.Files;

namespace Penstock.KeyValue.Durability;

/// <summary>Reads the records of a log or a snapshot, from the front until one is not whole.</summary>
internal sealed class RecordReader
{
    private readonly BufferedReader _bytes;
    private readonly byte[] _header = new byte[LogFormat.HeaderBytes];
    private byte[] _payload = new byte[4096];

    public RecordReader(DiskFile file)
    {
        _bytes = new BufferedReader(file);
        Length = file.Length;
        Span<byte> magic = stackalloc byte[LogFormat.Magic.Length];
        HasMagic = _bytes.TryRead(magic, 0) && magic.SequenceEqual(LogFormat.Magic);
        Offset = HasMagic ? magic.Length : 0;
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
        var search = new RecordSearch(_bytes);
        for (long offset = Offset + 1; offset + LogFormat.HeaderBytes < Length; offset++)
        {
            if (TryReadHeader(offset, out int length)
                && search.IsPlausible(offset + LogFormat.HeaderBytes, length) && TryReadPayload(offset, length))
                return true;
            if (search.IsExhausted)
                return true;
        }

        return false;
    }

    private bool TryReadHeader(long offset, out int length)
    {
        length = 0;
        if (!_bytes.TryRead(_header, offset))
            return false;
        uint announced = LogFormat.LengthOf(_header);
        if (announced == 0 || announced > Length - offset - LogFormat.HeaderBytes || announced > Array.MaxLength)
            return false;
        length = (int)announced;
        return true;
    }

    private bool TryReadPayload(long offset, int length)
    {
        if (_payload.Length < length)
            _payload = new byte[Math.Max(length, Math.Min(_payload.Length * 2L, Array.MaxLength))];
        Span<byte> payload = _payload.AsSpan(0, length);
        return _bytes.TryRead(payload, offset + LogFormat.HeaderBytes) && LogFormat.Matches(_header, payload);
    }
}
