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
        {
            _start = offset;
            _count = file.ReadFully(_buffer, offset);
        }

        int position = (int)(offset - _start);
        if (_count - position < room.Length)
            return false;
        _buffer.AsSpan(position, room.Length).CopyTo(room);
        return true;
    }
}
