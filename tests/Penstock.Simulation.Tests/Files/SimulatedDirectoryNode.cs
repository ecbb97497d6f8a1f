namespace Penstock.Simulation.Tests.Files;

/// <summary>
/// A directory's entries in the cache and on the disk. What was made, renamed and deleted since its last sync may be so
/// after a power failure or not, each for itself.
/// </summary>
internal sealed class SimulatedDirectoryNode(ulong number) : SimulatedNode(number)
{
    private readonly List<Change> _pending = [];
    private Dictionary<string, SimulatedNode> _stored = [];

    public Dictionary<string, SimulatedNode> Entries { get; private set; } = [];

    public bool IsDirty => _pending.Count > 0;

    public void Add(string name, SimulatedNode node) => Apply(new Change(null, name, node));

    public void Rename(string from, string to) => Apply(new Change(from, to, Entries[from]));

    public void Remove(string name) => Apply(new Change(name, null, Entries[name]));

    public void Sync()
    {
        foreach (Change change in _pending)
            change.ApplyTo(_stored);
        _pending.Clear();
    }

    /// <summary>
    /// A sync fails; the first changes were written by then. The rest is not given up, as pages are: a file system that
    /// cannot write its journal ends.
    /// </summary>
    public void FailSync(CrashChoices choices)
    {
        for (int i = choices.Of(_pending.Count + 1); i > 0; i--)
        {
            _pending[0].ApplyTo(_stored);
            _pending.RemoveAt(0);
        }
    }

    public override SimulatedNode AfterPowerFailure(CrashChoices choices)
    {
        var left = new Dictionary<string, SimulatedNode>(_stored);
        foreach (Change change in _pending)
        {
            if (choices.Survives())
                change.ApplyTo(left);
        }

        left = left.OrderBy(entry => entry.Key, StringComparer.Ordinal)
            .ToDictionary(entry => entry.Key, entry => entry.Value.AfterPowerFailure(choices));
        return new SimulatedDirectoryNode(Number) { Entries = left, _stored = new(left) };
    }

    private void Apply(Change change)
    {
        change.ApplyTo(Entries);
        _pending.Add(change);
    }

    /// <summary>A name that goes, a name that comes, or both at once.</summary>
    private sealed record Change(string? From, string? To, SimulatedNode Node)
    {
        public void ApplyTo(Dictionary<string, SimulatedNode> entries)
        {
            if (From is not null)
                entries.Remove(From);
            if (To is not null)
                entries[To] = Node;
        }
    }
}
