using System.Net;

namespace Penstock.Tests.Server;

/// <summary>
/// A server under test, on a free loopback port and the mechanism of <see cref="TestIo"/>. Disposing it resets what is
/// left and checks that opened and closed paired.
/// </summary>
internal sealed class TestServer : IAsyncDisposable
{
    private TestServer(TcpServer server, ConnectionJournal journal)
    {
        Server = server;
        Journal = journal;
    }

    public TcpServer Server { get; }

    public ConnectionJournal Journal { get; }

    public EndPoint EndPoint => Server.EndPoint;

    public LoopGroup Group => Server.Group;

    /// <summary>Sends every length-prefixed frame back.</summary>
    public static TestServer Echo(Action<ServerOptions>? configure = null, LoopGroup? group = null)
    {
        var journal = new ConnectionJournal();
        return Start(journal, _ => new EchoHandler(journal), configure, group);
    }

    /// <summary>Does what the script says; all loops share it.</summary>
    public static TestServer Scripted(
        ScriptedHandler handler, Action<ServerOptions>? configure = null, LoopGroup? group = null) =>
        Start(handler.Journal, _ => handler, configure, group);

    public static TestServer Start(
        ConnectionJournal journal,
        Func<EventLoopContext, ConnectionHandler> factory,
        Action<ServerOptions>? configure = null,
        LoopGroup? group = null)
    {
        // The tables of 65,536 connections would be most of what a test costs.
        var options = new ServerOptions { MaxConnections = 1_024 };
        TestIo.Apply(options.Loops);
        configure?.Invoke(options);
        TcpServer server = group is null
            ? TcpServer.Start(options, factory)
            : TcpServer.Start(options, factory, group);
        return new TestServer(server, journal);
    }

    public Task<TestClient> ConnectAsync() => TestClient.ConnectAsync(EndPoint);

    /// <summary>A client whose kernel soon holds the server back when it does not read.</summary>
    public Task<TestClient> ConnectWithSmallBufferAsync() =>
        TestClient.ConnectAsync(EndPoint, socket => socket.ReceiveBufferSize = 8 * 1024);

    /// <summary>Runs <paramref name="work"/> on a loop and waits for it.</summary>
    public Task RunOnLoopAsync(Action work, int loop = 0) => Group.ReadAsync(
        () =>
        {
            work();
            return true;
        },
        loop);

    public Task<T> ReadAsync<T>(Func<T> read, int loop = 0) => Group.ReadAsync(read, loop);

    /// <summary>
    /// Waits until nothing moves any more because a peer does not read: the kernel's buffers are full, and something is
    /// staged behind them.
    /// </summary>
    public async Task WaitStalledAsync()
    {
        const int samples = 50;
        (long, long) last = default;
        int unchanged = 0;
        await Patience.UntilAsync(async () =>
        {
            long rented = await RentedBytesAsync();
            (long, long) now = (
                Group.Sum(loop => loop.Statistics.SentBytes),
                Group.Sum(loop => loop.Statistics.ReceivedBytes));
            unchanged = now == last && rented > 0 ? unchanged + 1 : 0;
            last = now;
            return unchanged == samples;
        });
    }

    /// <summary>Bytes of send blocks that the loop has handed out.</summary>
    public Task<long> RentedBytesAsync() => ReadAsync(() => Group.Sum(loop => loop.Blocks.RentedBytes));

    public async ValueTask DisposeAsync()
    {
        await Server.StopAsync(new CancellationToken(canceled: true)).Bounded();
        Journal.AssertPaired();
    }
}
