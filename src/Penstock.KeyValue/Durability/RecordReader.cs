using System.Buffers.Binary;
using Penstock.KeyValue.Durability.Files;

namespace Penstock.KeyValue.Durability;

/// <summary>Reads the records of a log or a snapshot, from the front until one is not whole.</summary>
internal sealed class RecordReader
{
    private readonly BufferedReader _bytes;
    private readonly ulong _identifier;
    private readonly byte[] _header = new byte[LogFormat.HeaderBytes];
    private byte[] _payload = new byte[4096];

    public RecordReader(DiskFile file)
    {
        _bytes = new BufferedReader(file);
        Length = file.Length;
        Span<byte> header = stackalloc byte[LogFormat.FileHeaderBytes];
        HasHeader = _bytes.TryRead(header, 0) && LogFormat.TryReadFileHeader(header, out _identifier);
        Offset = HasHeader ? header.Length : 0;
    }

    /// <summary>False when the file is not one of ours, or ends within its first bytes.</summary>
    public bool HasHeader { get; }

    /// <summary>
    /// Whether the file was being made and never used: it was on the disk with its header before it was.
    /// </summary>
    public bool IsUnused => !HasHeader && Length <= LogFormat.FileHeaderBytes;

    /// <summary>Asked once: nobody else writes to the file.</summary>
    public long Length { get; }

    /// <summary>Where the next record begins; where reading stopped.</summary>
    public long Offset { get; private set; }

    /// <summary>Where the record that was read last begins.</summary>
    public long RecordOffset { get; private set; }

    /// <summary>Where the mark that was read last begins; 0 while there was none.</summary>
    public long MarkOffset { get; private set; }

    /// <summary>Records read, without the marks.</summary>
    public long Records { get; private set; }

    /// <summary>Reads a record, past marks; false at the end, and where what follows is no record.</summary>
    public bool TryRead(out ReadOnlySpan<byte> payload)
    {
        while (HasHeader && TryReadRecord(out int length))
        {
            payload = _payload.AsSpan(0, length);
            if (payload[0] != (byte)LogOperation.Mark)
            {
                RecordOffset = Offset;
                Offset += LogFormat.HeaderBytes + length;
                Records++;
                return true;
            }

            if (!IsMark(Offset))
                break;
            MarkOffset = Offset;
            Offset += LogFormat.MarkBytes;
        }

        payload = default;
        return false;
    }

    /// <summary>
    /// Whether a mark lies anywhere behind the place where reading stopped. Then that place was on the disk once, and
    /// is damaged; otherwise the writing may have ended there. All that is left is read, once.
    /// </summary>
    public bool HasMarkBehind()
    {
        if (!HasHeader)
            return false;
        Span<byte> identifier = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(identifier, _identifier);
        long offset = Offset;
        while ((offset = _bytes.IndexOf(identifier, offset)) >= 0)
        {
            long mark = offset - LogFormat.MarkIdentifierOffset;
            if (mark >= Offset && IsMark(mark))
                return true;
            offset++;
        }

        return false;
    }

    private bool TryReadRecord(out int length)
    {
        length = 0;
        if (!_bytes.TryRead(_header, Offset))
            return false;
        uint announced = LogFormat.LengthOf(_header);
        long room = Length - Offset - LogFormat.HeaderBytes;
        if (announced == 0 || announced > Math.Min(room, Array.MaxLength))
            return false;
        length = (int)announced;
        if (_payload.Length < length)
            _payload = new byte[Math.Max(length, Math.Min(_payload.Length * 2L, Array.MaxLength))];
        Span<byte> payload = _payload.AsSpan(0, length);
        return _bytes.TryRead(payload, Offset + LogFormat.HeaderBytes) && LogFormat.Matches(_header, payload);
    }

    private bool IsMark(long offset)
    {
        Span<byte> bytes = stackalloc byte[LogFormat.MarkBytes];
        return _bytes.TryRead(bytes, offset) && LogFormat.IsMark(bytes, _identifier, offset);
    }
}
