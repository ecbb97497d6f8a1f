namespace Penstock.Simulation.Network;

/// <summary>Bytes, first in first out. Grows to the most it ever held and then allocates no more.</summary>
internal sealed class ByteFifo
{
    private byte[] _bytes = new byte[256];
    private int _start;

    public int Count { get; private set; }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (_start + Count + bytes.Length > _bytes.Length)
            MakeRoom(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(_start + Count));
        Count += bytes.Length;
    }

    public ReadOnlySpan<byte> Peek(int count) => _bytes.AsSpan(_start, count);

    public void Drop(int count)
    {
        _start += count;
        Count -= count;
        if (Count == 0)
            _start = 0;
    }

    public void Clear() => Drop(Count);

    private void MakeRoom(int more)
    {
        ReadOnlySpan<byte> content = _bytes.AsSpan(_start, Count);
        byte[] target = Count + more <= _bytes.Length ? _bytes : new byte[Math.Max(Count + more, _bytes.Length * 2)];
        content.CopyTo(target);
        _bytes = target;
        _start = 0;
    }
}
