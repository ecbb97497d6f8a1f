using System.Buffers;

namespace Penstock.Buffers;

/// <summary>
/// A run of bytes in a <see cref="SendQueue"/> that does not move: a part of a <see cref="Slab"/>, filled from the
/// front, or a reference to a <see cref="SharedPayload"/>.
/// </summary>
internal sealed class Block
{
    private BlockMemory? _memory;

    /// <summary>A block that refers to no payload yet.</summary>
    public Block()
    {
    }

    /// <summary>A part of a slab, which it keeps alive.</summary>
    public Block(Slab slab, nint address, int size)
    {
        Slab = slab;
        Address = address;
        Size = size;
    }

    /// <summary>Where its memory is; null for one that refers to payloads.</summary>
    public Slab? Slab { get; }

    /// <summary>The payload that this block refers to; null when it has memory of its own.</summary>
    public SharedPayload? Payload { get; private set; }

    /// <summary>Where its bytes begin.</summary>
    public nint Address { get; private set; }

    /// <summary>Bytes that it has room for, or that its payload has.</summary>
    public int Size { get; private set; }

    /// <summary>The first byte that is not sent yet.</summary>
    public int Start { get; set; }

    /// <summary>One past the last byte written.</summary>
    public int End { get; set; }

    /// <summary>The block after this one in its queue, or the next free one of its slab.</summary>
    public Block? Next { get; set; }

    public int Length => End - Start;

    /// <summary>Bytes that can still be written; none to memory that others share.</summary>
    public int Free => Size - End;

    /// <summary>The bytes that can still be written.</summary>
    public unsafe Span<byte> Room => new((byte*)Address + End, Free);

    /// <summary>As <see cref="Room"/>, for those who cannot take a span.</summary>
    public Memory<byte> RoomAsMemory => (_memory ??= new BlockMemory(this)).Memory[End..];

    /// <summary>Refers to a payload, which is retained until <see cref="Release"/>.</summary>
    public void Refer(SharedPayload payload)
    {
        payload.Retain();
        Payload = payload;
        Address = payload.Address;
        Start = 0;
        Size = End = payload.Length;
    }

    /// <summary>Lets go of the payload.</summary>
    public void Release()
    {
        Payload?.Dispose();
        Payload = null;
        Address = 0;
        Start = End = Size = 0;
    }

    /// <summary>Whoever holds on to it keeps the slab from being collected.</summary>
    private sealed unsafe class BlockMemory(Block block) : MemoryManager<byte>
    {
        public override Span<byte> GetSpan() => new((byte*)block.Address, block.Size);

        public override MemoryHandle Pin(int elementIndex = 0) => new((byte*)block.Address + elementIndex);

        public override void Unpin()
        {
            // Nothing was pinned.
        }

        protected override void Dispose(bool disposing)
        {
            // The pool owns the bytes.
        }
    }
}
