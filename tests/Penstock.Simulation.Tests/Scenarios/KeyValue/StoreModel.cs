namespace Penstock.Simulation.Tests.Scenarios.KeyValue;

/// <summary>
/// What the store must hold: a dictionary with times, in which a key that has expired is gone. Strings stand for bytes,
/// one character each.
/// </summary>
internal sealed class StoreModel
{
    private readonly Dictionary<string, (string Value, long ExpiresAt)> _entries = [];
    private readonly Dictionary<string, long> _versions = [];

    /// <summary>Unix time in milliseconds.</summary>
    public long Now { get; set; }

    public string? Find(string key) => Look(key)?.Value;

    /// <summary>When the key ends; 0 for never.</summary>
    public long ExpiryOf(string key) => Look(key)?.ExpiresAt ?? 0;

    public void Set(string key, string value, long expiresAt = 0)
    {
        _entries[key] = (value, expiresAt);
        Touch(key);
    }

    public bool Remove(string key)
    {
        if (Look(key) is null)
            return false;
        _entries.Remove(key);
        Touch(key);
        return true;
    }

    /// <summary>Changes whenever the key does; a key that ends by itself has changed too.</summary>
    public long VersionOf(string key)
    {
        Look(key);
        return _versions.GetValueOrDefault(key);
    }

    private (string Value, long ExpiresAt)? Look(string key)
    {
        if (!_entries.TryGetValue(key, out (string Value, long ExpiresAt) entry))
            return null;
        if (entry.ExpiresAt == 0 || entry.ExpiresAt > Now)
            return entry;
        _entries.Remove(key);
        Touch(key);
        return null;
    }

    private void Touch(string key) => _versions[key] = _versions.GetValueOrDefault(key) + 1;
}
