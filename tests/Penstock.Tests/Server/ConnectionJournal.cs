using System.Collections.Concurrent;

namespace Penstock.Tests.Server;

/// <summary>What handlers of any loop have reported, for the test's thread: who came, who left, and why.</summary>
internal sealed class ConnectionJournal
{
    private readonly ConcurrentDictionary<ConnectionId, int> _opened = new();
    private readonly ConcurrentDictionary<ConnectionId, int> _closed = new();
    private readonly ConcurrentQueue<ConnectionId> _arrivals = new();
    private readonly ConcurrentQueue<CloseReason> _reasons = new();

    /// <summary>The connections in the order they came; of several loops, in some order.</summary>
    public IReadOnlyList<ConnectionId> Opened => [.. _arrivals];

    /// <summary>The reasons in the order the connections ended.</summary>
    public IReadOnlyList<CloseReason> Closed => [.. _reasons];

    public int OpenCount => _arrivals.Count - _reasons.Count;

    public void OnOpened(Connection connection)
    {
        _opened.AddOrUpdate(connection.Id, 1, (_, times) => times + 1);
        _arrivals.Enqueue(connection.Id);
    }

    public void OnClosed(Connection connection, CloseReason reason)
    {
        _closed.AddOrUpdate(connection.Id, 1, (_, times) => times + 1);
        _reasons.Enqueue(reason);
    }

    /// <summary>Waits for so many connections to have come; returns the last of them.</summary>
    public async Task<ConnectionId> WaitOpenedAsync(int count = 1)
    {
        await Patience.UntilAsync(() => _arrivals.Count >= count, $"{count} connections opened");
        return Opened[count - 1];
    }

    /// <summary>Waits for so many connections to have ended; returns why the last of them did.</summary>
    public async Task<CloseReason> WaitClosedAsync(int count = 1)
    {
        await Patience.UntilAsync(() => _reasons.Count >= count, $"{count} connections closed");
        return Closed[count - 1];
    }

    /// <summary>Every connection that opened has closed, and both once.</summary>
    public void AssertPaired()
    {
        Assert.All(_opened, pair => Assert.Equal((pair.Key, 1), (pair.Key, pair.Value)));
        Assert.All(_closed, pair => Assert.Equal((pair.Key, 1), (pair.Key, pair.Value)));
        Assert.Equivalent(_opened.Keys, _closed.Keys, strict: true);
    }
}
