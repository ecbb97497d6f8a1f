namespace Penstock.Simulation.Tests.Scenarios.Log;

/// <summary>What a key holds.</summary>
/// <param name="Bytes">The value.</param>
/// <param name="ExpiresAt">Unix time in milliseconds from which on it does not exist; 0 for never.</param>
/// <param name="Since">The transaction that made it so.</param>
internal sealed record StoredValue(byte[] Bytes, long ExpiresAt, int Since)
{
    public bool IsExpired(long now) => ExpiresAt != 0 && ExpiresAt <= now;

    public bool Matches(StoredValue? other) =>
        other is not null && ExpiresAt == other.ExpiresAt && Bytes.AsSpan().SequenceEqual(other.Bytes);
}
