using System.Buffers;

namespace Penstock.Drivers;

/// <summary>
/// Lets a managed socket send from an address. The bytes belong to a send queue, are pinned for life, and stay until
/// the send has completed; so there is nothing to own and nothing to pin.
/// </summary>
internal sealed unsafe class PointerMemory : MemoryManager<byte>
{
    private byte* _start;
    private int _length;

    public void Set(nint address, int length)
    {
        _start = (byte*)address;
        _length = length;
    }

    public override Span<byte> GetSpan() => new(_start, _length);

    public override MemoryHandle Pin(int elementIndex = 0) => new(_start + elementIndex);

    public override void Unpin()
    {
        // Nothing was pinned.
    }

    protected override void Dispose(bool disposing)
    {
        // Nothing is owned.
    }
}
