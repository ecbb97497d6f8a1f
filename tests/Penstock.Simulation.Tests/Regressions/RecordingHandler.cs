using System.Text;

namespace Penstock.Simulation.Tests.Regressions;

/// <summary>Notes every call, and does what the test says.</summary>
internal sealed class RecordingHandler : ConnectionHandler
{
    public List<string> Calls { get; } = [];

    /// <summary>What it was told of the high and the low mark, apart from <see cref="Calls"/>.</summary>
    public List<string> Marks { get; } = [];

    public Action<Connection>? Opened { get; init; }

    /// <summary>Returns how much is consumed; everything when there is none.</summary>
    public Func<Connection, string, int>? Received { get; init; }

    public Action<Connection>? Drained { get; init; }

    public Action<Connection>? PeerFinished { get; init; }

    public Connection? Last { get; private set; }

    public override void OnOpened(Connection connection)
    {
        Last = connection;
        Calls.Add("opened");
        Opened?.Invoke(connection);
    }

    public override int OnReceived(Connection connection, ReadOnlySpan<byte> data)
    {
        string text = Encoding.ASCII.GetString(data);
        Calls.Add($"received {text}");
        return Received?.Invoke(connection, text) ?? data.Length;
    }

    public override void OnCongested(Connection connection) => Marks.Add("congested");

    public override void OnDrained(Connection connection)
    {
        Marks.Add("drained");
        Drained?.Invoke(connection);
    }

    public override void OnPeerFinished(Connection connection)
    {
        Calls.Add("peer finished");
        if (PeerFinished is null)
            base.OnPeerFinished(connection);
        else
            PeerFinished(connection);
    }

    public override void OnClosed(Connection connection, CloseReason reason) => Calls.Add($"closed {reason}");

    /// <summary>Each OnCongested is followed by one OnDrained, and nothing is owed at the end.</summary>
    public void AssertRelieved()
    {
        Assert.Equal(Marks.Select((_, i) => i % 2 == 0 ? "congested" : "drained"), Marks);
        Assert.Equal(0, Marks.Count % 2);
    }
}
