using System.Net;
using System.Net.Sockets;

namespace Penstock.Tests.Server;

/// <summary>Connections that the engine makes: afterwards they are like those it accepts.</summary>
public sealed class OutboundTests
{
    [Fact]
    public async Task An_outbound_connection_talks_to_a_server_of_the_same_group()
    {
        TestIo.SkipIfOneAtATime();
        await using LoopGroup group = LoopGroupReading.Create();
        await using TestServer server = TestServer.Echo(group: group);
        await TalkAsync(group, server.EndPoint);
        Assert.Equal(CloseReason.PeerFinished, await server.Journal.WaitClosedAsync());
    }

    [Fact]
    public async Task It_may_be_a_Unix_domain_socket()
    {
        TestIo.SkipIfOneAtATime();
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Unix paths are tested on Unix.");
        using var directory = new TemporaryDirectory();
        await using LoopGroup group = LoopGroupReading.Create();
        var endPoint = new UnixDomainSocketEndPoint(directory.PathOf("echo"));
        await using TestServer server = TestServer.Echo(o => o.EndPoint = endPoint, group);
        await TalkAsync(group, endPoint);
    }

    [Fact]
    public async Task One_that_is_refused_says_so_and_its_handler_never_hears_of_it()
    {
        await using LoopGroup group = LoopGroupReading.Create();
        var handler = new ScriptedHandler();
        var refused = await Assert.ThrowsAsync<SocketException>(
            () => ConnectAsync(group, UnusedEndPoint(), handler));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
        await group.ReadAsync(() => 0);
        Assert.Empty(handler.Journal.Opened);
        Assert.Empty(handler.Journal.Closed);
        Assert.Equal(0, await group.SumAsync(loop => loop.ConnectionCount));
    }

    [Fact]
    public async Task A_Unix_path_where_nobody_listens_is_an_error()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Unix paths are tested on Unix.");
        using var directory = new TemporaryDirectory();
        await using LoopGroup group = LoopGroupReading.Create();
        var endPoint = new UnixDomainSocketEndPoint(directory.PathOf("nobody"));
        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(group, endPoint, new ScriptedHandler()));
    }

    [Fact]
    public async Task A_name_is_not_resolved()
    {
        await using LoopGroup group = LoopGroupReading.Create();
        await Assert.ThrowsAsync<NotSupportedException>(
            () => ConnectAsync(group, new DnsEndPoint("localhost", 80), new ScriptedHandler()));
    }

    [Fact]
    public async Task An_attempt_can_be_cancelled_before_and_while_it_is_under_way()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "How a full backlog behaves is the kernel's matter.");
        await using LoopGroup group = LoopGroupReading.Create();
        using var cancelled = new CancellationTokenSource();
        using var full = new FullListener();
        Task<ConnectionId> attempt = group.ConnectAsync(
            full.EndPoint, new ScriptedHandler(), cancellationToken: cancelled.Token);
        await Patience.UntilAsync(() => group.Sum(loop => loop.ConnectionCount) == 1);
        Assert.False(attempt.IsCompleted);
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => attempt.Bounded());
        await Patience.UntilAsync(() => group.Sum(loop => loop.ConnectionCount) == 0);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => group.ConnectAsync(
                full.EndPoint, new ScriptedHandler(), cancellationToken: cancelled.Token).Bounded());
    }

    [Fact]
    public async Task Ending_the_group_cancels_an_attempt()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "How a full backlog behaves is the kernel's matter.");
        LoopGroup group = LoopGroupReading.Create();
        using var full = new FullListener();
        Task<ConnectionId> attempt = ConnectAsync(group, full.EndPoint, new ScriptedHandler());
        await Patience.UntilAsync(() => group.Sum(loop => loop.ConnectionCount) == 1);
        await group.DisposeAsync().AsTask().Bounded();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => attempt.Bounded());
        await Assert.ThrowsAsync<ObjectDisposedException>(
            () => ConnectAsync(group, full.EndPoint, new ScriptedHandler()));
    }

    [Fact]
    public async Task It_goes_to_the_loop_that_was_asked_for_and_else_round()
    {
        TestIo.SkipUnlessLoopsAreShared();
        await using LoopGroup group = LoopGroupReading.Create(loops: 2);
        await using TestServer server = TestServer.Echo(group: group);
        foreach (int loop in (int[])[1, 0, 1])
        {
            ConnectionId id = await group.ConnectAsync(
                server.EndPoint,
                new ScriptedHandler(),
                loop: loop,
                cancellationToken: TestContext.Current.CancellationToken);
            Assert.Equal(loop, id.Loop);
        }

        HashSet<int> loops = [];
        for (int i = 0; i < 4; i++)
            loops.Add((await ConnectAsync(group, server.EndPoint, new ScriptedHandler())).Loop);
        Assert.Equal(2, loops.Count);
    }

    [Fact]
    public async Task More_than_the_loop_has_slots_for_is_an_error()
    {
        TestIo.SkipUnlessLoopsAreShared();
        var options = new LoopOptions { MaxConnectionsPerLoop = 1 };
        TestIo.Apply(options);
        await using var group = new LoopGroup(options);
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        await ConnectAsync(group, listener.LocalEndPoint!, new ScriptedHandler());
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => ConnectAsync(group, listener.LocalEndPoint!, new ScriptedHandler()));
    }

    private static async Task TalkAsync(LoopGroup group, EndPoint endPoint)
    {
        byte[] frame = TestClient.Frame("hello");
        var answered = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        var handler = new ScriptedHandler
        {
            Opened = connection => connection.Send(frame),
            Received = (connection, data) =>
            {
                if (data.Length < frame.Length)
                    return 0;
                answered.SetResult(data.ToArray());
                connection.Close();
                return data.Length;
            },
        };
        ConnectionId id = await ConnectAsync(group, endPoint, handler);
        Assert.Equal([id], handler.Journal.Opened);
        Assert.Equal(frame, await answered.Task.Bounded());
        Assert.Equal(CloseReason.LocalClose, await handler.Journal.WaitClosedAsync());
        handler.Journal.AssertPaired();
    }

    private static Task<ConnectionId> ConnectAsync(LoopGroup group, EndPoint endPoint, ConnectionHandler handler) =>
        group.ConnectAsync(endPoint, handler, cancellationToken: TestContext.Current.CancellationToken).Bounded();

    /// <summary>A port that was free a moment ago and that nobody listens on.</summary>
    private static EndPoint UnusedEndPoint()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket.LocalEndPoint!;
    }
}
