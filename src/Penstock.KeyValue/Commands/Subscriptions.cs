using Penstock.KeyValue.Store;

namespace Penstock.KeyValue.Commands;

/// <summary>What one client subscribed to.</summary>
internal sealed class Subscriptions
{
    public HashSet<byte[]> Channels { get; } = new(ByteKeyComparer.Instance);

    public HashSet<byte[]> Patterns { get; } = new(ByteKeyComparer.Instance);

    public int Count => Channels.Count + Patterns.Count;
}
