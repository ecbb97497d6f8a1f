namespace Penstock.Tests.Server;

/// <summary>
/// A relay: what one connection sends goes to another of the same loop, and the first is not received from while the
/// second is above its mark. Only OnDrained of the second resumes it.
/// </summary>
public sealed class RelayTests
{
    private const int Total = 8 * 1024 * 1024;
    private const int HighMark = 16 * 1024;

    /// <summary>Those under which nobody is disconnected for being slower than the relay.</summary>
    public static TheoryData<SlowConsumerPolicy> Policies =>
        new(SlowConsumerPolicy.Wait, SlowConsumerPolicy.DropOldest, SlowConsumerPolicy.Notify);

    [Theory]
    [MemberData(nameof(Policies))]
    public async Task A_relay_that_waits_for_OnDrained_brings_every_byte(SlowConsumerPolicy policy)
    {
        TestIo.SkipUnlessLoopsAreShared();
        var relay = new Relay();
        await using TestServer server = TestServer.Start(relay.Journal, _ => relay, o =>
        {
            o.Loops.Count = 1;
            (o.MaxSendQueueBytes, o.ResumeSendQueueBytes) = (HighMark, HighMark / 4);
            o.SlowConsumer = policy;
        });
        using TestClient first = await server.ConnectAsync();
        using TestClient second = await server.ConnectAsync();
        await Patience.UntilAsync(() => relay.IsJoined);

        // Both directions at once, so that sends complete in the turns in which more is received.
        byte[] there = TestClient.Pattern(Total);
        byte[] back = TestClient.Pattern(Total / 2);
        Task sending = Task.WhenAll(first.SendAsync(there), second.SendAsync(back));
        Task<byte[]> receiving = first.ReceiveExactlyAsync(back.Length);
        Assert.Equal(there, await second.ReceiveExactlyAsync(there.Length));
        Assert.Equal(back, await receiving);
        await sending;

        await Patience.UntilAsync(async () => await server.ReadAsync(() => relay.Owed) == 0);
        Assert.Equal(0, await server.ReadAsync(() => relay.Faults));
    }

    private sealed class Relay : ConnectionHandler
    {
        private readonly List<Connection> _ends = [];
        private readonly HashSet<Connection> _congested = [];

        public ConnectionJournal Journal { get; } = new();

        public bool IsJoined => Volatile.Read(ref _joined);

        /// <summary>Connections that were congested and have not drained.</summary>
        public int Owed => _congested.Count;

        /// <summary>Calls that did not come in turns.</summary>
        public int Faults { get; private set; }

        private bool _joined;

        public override void OnOpened(Connection connection)
        {
            Journal.OnOpened(connection);
            _ends.Add(connection);
            Volatile.Write(ref _joined, _ends.Count == 2);
        }

        public override int OnReceived(Connection connection, ReadOnlySpan<byte> data)
        {
            Connection target = Other(connection);
            target.Send(data);
            if (target.UnsentBytes > HighMark)
                connection.Pause();
            return data.Length;
        }

        public override void OnCongested(Connection connection)
        {
            if (!_congested.Add(connection))
                Faults++;
        }

        public override void OnDrained(Connection connection)
        {
            if (!_congested.Remove(connection))
                Faults++;
            Other(connection).Resume();
        }

        public override void OnClosed(Connection connection, CloseReason reason) =>
            Journal.OnClosed(connection, reason);

        private Connection Other(Connection connection) => _ends[_ends[0] == connection ? 1 : 0];
    }
}
