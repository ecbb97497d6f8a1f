namespace Penstock.Simulation.Clients;

/// <summary>Where in the stream that a client sends each of its requests ends.</summary>
internal sealed class RequestEnds
{
    private readonly List<long> _ends = [];

    public int Count => _ends.Count;

    public long this[int request] => _ends[request];

    public void Add(long end) => _ends.Add(end);

    /// <summary>How many whole requests the first <paramref name="bytes"/> bytes hold.</summary>
    public int WholeIn(long bytes)
    {
        int found = _ends.BinarySearch(bytes);
        return found >= 0 ? found + 1 : ~found;
    }

    /// <summary>How many of the first <paramref name="bytes"/> bytes belong to whole requests.</summary>
    public long WholeBytesIn(long bytes)
    {
        int whole = WholeIn(bytes);
        return whole == 0 ? 0 : _ends[whole - 1];
    }
}
