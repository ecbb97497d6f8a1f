namespace Penstock.KeyValue.Store;

/// <summary>
/// One key with its value. The bytes lie in one native block, the key first: data that lives for days would only
/// be marked and moved by the collector over and over.
/// </summary>
/// <remarks>Belongs to its <see cref="Shard"/>. Spans of it are valid while the shard is locked and not
/// changed.</remarks>
internal unsafe struct Entry
{
    /// <summary>The key's bytes, then room for <see cref="Capacity"/> bytes of value.</summary>
    public byte* Block;

    /// <summary>Unix time in milliseconds from which on the key does not exist; 0 for never.</summary>
    public long ExpiresAt;

    public uint Hash;

    /// <summary>The next entry of the same bucket, or -1.</summary>
    public int Next;

    public int KeyLength;

    public int ValueLength;

    public int Capacity;

    /// <summary>When it was last used, in the store's coarse clock; it may wrap.</summary>
    public uint UsedAt;

    public readonly ReadOnlySpan<byte> Key => new(Block, KeyLength);

    public readonly ReadOnlySpan<byte> Value => new(Block + KeyLength, ValueLength);

    /// <summary>The value's whole room, of which the first <see cref="ValueLength"/> bytes count.</summary>
    public readonly Span<byte> Room => new(Block + KeyLength, Capacity);

    public readonly bool IsExpired(long now) => ExpiresAt != 0 && ExpiresAt <= now;
}
