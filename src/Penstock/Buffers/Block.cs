namespace Penstock.Buffers;

/// <summary>
/// A pinned run of bytes that a <see cref="SendQueue"/> fills from the front and a driver sends from. Pinned for life on
/// the pinned heap, so that nothing is pinned per operation.
/// </summary>
internal sealed class Block
{
    public unsafe Block(int size)
    {
        Bytes = GC.AllocateUninitializedArray<byte>(size, pinned: true);
        fixed (byte* first = Bytes)
            Address = (nint)first;
    }

    public byte[] Bytes { get; }

    /// <summary>Where <see cref="Bytes"/> begins; it does not move.</summary>
    public nint Address { get; }

    /// <summary>The first byte that is not sent yet.</summary>
    public int Start { get; set; }

    /// <summary>One past the last byte written.</summary>
    public int End { get; set; }

    /// <summary>The block after this one in its queue, or the next free one in the pool.</summary>
    public Block? Next { get; set; }

    public int Length => End - Start;

    public int Free => Bytes.Length - End;
}
