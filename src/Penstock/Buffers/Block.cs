using System.Diagnostics.CodeAnalysis;

namespace Penstock.Buffers;

/// <summary>
/// A pinned run of bytes in a <see cref="SendQueue"/>: memory of its own, filled from the front, or a reference to a
/// <see cref="SharedPayload"/>. Pinned for life, so that nothing is pinned per operation.
/// </summary>
internal sealed class Block
{
    private byte[] _bytes = [];

    /// <summary>A block that refers to no payload yet.</summary>
    public Block()
    {
    }

    /// <summary>A block with memory of its own.</summary>
    public unsafe Block(int size)
    {
        _bytes = GC.AllocateUninitializedArray<byte>(size, pinned: true);
        fixed (byte* first = _bytes)
            Address = (nint)first;
    }

    /// <summary>The payload that this block refers to; null when it has memory of its own.</summary>
    public SharedPayload? Payload { get; private set; }

    public byte[] Bytes => _bytes;

    /// <summary>Where <see cref="Bytes"/> begins; it does not move.</summary>
    public nint Address { get; private set; }

    /// <summary>The first byte that is not sent yet.</summary>
    public int Start { get; set; }

    /// <summary>One past the last byte written.</summary>
    public int End { get; set; }

    /// <summary>The block after this one in its queue, or the next free one in the pool.</summary>
    public Block? Next { get; set; }

    public int Length => End - Start;

    /// <summary>Bytes that can still be written; none to memory that others share.</summary>
    public int Free => Payload is null ? _bytes.Length - End : 0;

    /// <summary>Refers to a payload, which is retained until <see cref="Release"/>.</summary>
    public void Refer(SharedPayload payload)
    {
        payload.Retain();
        Payload = payload;
        _bytes = payload.Bytes;
        Address = payload.Address;
        Start = 0;
        End = payload.Length;
    }

    /// <summary>Lets go of the payload.</summary>
    [MemberNotNull(nameof(_bytes))]
    public void Release()
    {
        Payload?.Dispose();
        Payload = null;
        _bytes = [];
        Address = 0;
    }
}
