namespace Penstock.KeyValue.Durability.Files;

/// <summary>Reads a file in large pieces, for somebody who goes through it in small ones.</summary>
internal sealed class BufferedReader(DiskFile file)
{
    private readonly byte[] _buffer = new byte[256 * 1024];
    private long _start;
    private int _count;

    /// <summary>Fills the room from an offset; false when the file ends before.</summary>
    public bool TryRead(Span<byte> room, long offset)
    {
        if (room.Length > _buffer.Length)
            return file.ReadFully(room, offset) == room.Length;
        if (offset < _start || offset + room.Length > _start + _count)
            Fill(offset);
        int position = (int)(offset - _start);
        if (_count - position < room.Length)
            return false;
        _buffer.AsSpan(position, room.Length).CopyTo(room);
        return true;
    }

    /// <summary>Where some bytes stand first, from an offset on; -1 for nowhere.</summary>
    public long IndexOf(ReadOnlySpan<byte> bytes, long offset)
    {
        while (true)
        {
            if (offset < _start || offset + bytes.Length > _start + _count)
                Fill(offset);
            ReadOnlySpan<byte> buffered = _buffer.AsSpan((int)(offset - _start).._count);
            if (buffered.Length < bytes.Length)
                return -1;
            int index = buffered.IndexOf(bytes);
            if (index >= 0)
                return offset + index;

            // The last few may be the first few of what is looked for.
            offset += buffered.Length - bytes.Length + 1;
        }
    }

    private void Fill(long offset)
    {
        _start = offset;
        _count = file.ReadFully(_buffer, offset);
    }
}
