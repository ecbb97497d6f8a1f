using System.Buffers;

namespace Penstock.KeyValue.Store;

/// <summary>
/// Shows the value of an <see cref="Entry"/> to what takes memory and not a span. What it shows is valid while the
/// entry's shard is locked and not changed.
/// </summary>
internal sealed unsafe class EntryMemory : MemoryManager<byte>
{
    private byte* _start;
    private int _length;

    public Memory<byte> Show(ref Entry entry)
    {
        _start = entry.Block + entry.KeyLength;
        _length = entry.ValueLength;
        return Memory;
    }

    public override Span<byte> GetSpan() => new(_start, _length);

    /// <summary>It does not move.</summary>
    public override MemoryHandle Pin(int elementIndex = 0) => new(_start + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }
}
