using System.Diagnostics;
using System.Net;

namespace Penstock.Simulation.Tests.Regressions;

public class DeadPeerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task A_peer_that_vanishes_without_a_word_is_noticed_by_the_user_timeout()
    {
        using BrokenLink? link = BrokenLink.TryCreate();
        Assert.SkipWhen(link is null, "Needs root and network namespaces.");
        CancellationToken cancelled = TestContext.Current.CancellationToken;
        var handler = new Watcher();
        ServerOptions options = LoopRig.Patient();
        options.EndPoint = new IPEndPoint(IPAddress.Parse(BrokenLink.NearAddress), 0);
        options.DeadPeerTimeout = TimeSpan.FromMilliseconds(500);
        options.Loops.Count = 1;
        await using TcpServer server = TcpServer.Start(options, _ => handler);
        using Process client = BrokenLink.StartClient(((IPEndPoint)server.EndPoint).Port);
        ConnectionId id = await handler.Opened.Task.WaitAsync(Patience, cancelled);

        link.Pull();
        Assert.True(server.Group.Post(id, connection => connection.Send("are you there?"u8)));

        Assert.Equal(CloseReason.SocketError, await handler.Closed.Task.WaitAsync(Patience, cancelled));
        client.Kill(entireProcessTree: true);
        await client.WaitForExitAsync(cancelled);
    }

    private sealed class Watcher : ConnectionHandler
    {
        public TaskCompletionSource<ConnectionId> Opened { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<CloseReason> Closed { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override void OnOpened(Connection connection) => Opened.TrySetResult(connection.Id);

        public override int OnReceived(Connection connection, ReadOnlySpan<byte> data) => data.Length;

        public override void OnClosed(Connection connection, CloseReason reason) => Closed.TrySetResult(reason);
    }
}
