using Penstock.Connections;
using Penstock.Http.Serving;
using Penstock.Loop;
using Penstock.Net;
using Penstock.Timing;

namespace Penstock.Http.Tests.Scripted;

/// <summary>
/// The real loop, connections and HTTP handler over a scripted driver and a clock that the test moves.
/// </summary>
internal sealed class ScriptedServer : IDisposable
{
    private readonly EventLoop _loop;
    private readonly ConnectionScope _scope;
    private readonly HttpConnectionHandler _handler;
    private readonly ConnectionLimiter _limiter = new(1_000);

    public ScriptedServer(HttpRoutes routes, HttpOptions? options = null, ServerOptions? server = null)
    {
        server ??= new ServerOptions();
        var clock = new LoopClock(Time);
        _loop = new EventLoop(0, Driver, clock, 1_000, 1_024);
        options ??= new HttpOptions();
        var owner = new HttpServer(options, routes);
        Loop = new HttpLoop(owner, options, routes, _loop.Context);
        _handler = new HttpConnectionHandler(Loop);
        _scope = new ConnectionScope(_handler, ConnectionLimits.From(server, _loop.Deadlines), _limiter);
        _loop.Context.StartTimer(HttpServer.SweepPeriod, _handler.Sweep);
    }

    public ScriptedDriver Driver { get; } = new();

    public ManualTime Time { get; } = new();

    public HttpLoop Loop { get; }

    public ScriptedPeer Connect()
    {
        _limiter.TryEnter();
        HashSet<Penstock.Drivers.SlotKey> before = [.. Driver.Peers.Keys];
        Assert.True(_loop.TryAdopt(_scope, SocketHandle.FromDescriptor(-1)));
        return Driver.Peers[Driver.Peers.Keys.Except(before).Single()];
    }

    /// <summary>Turns the loop until nothing is left to do at this time.</summary>
    public void Run()
    {
        do
            _loop.RunTurn();
        while (!Driver.IsQuiet || _loop.NextDeadline == 0);
    }

    /// <summary>Turns the loop once.</summary>
    public void RunTurn() => _loop.RunTurn();

    /// <summary>Lets time pass in steps of one sweep.</summary>
    public void Pass(TimeSpan time)
    {
        for (TimeSpan passed = TimeSpan.Zero; passed < time; passed += HttpServer.SweepPeriod)
        {
            Time.Advance(HttpServer.SweepPeriod);
            Run();
        }
    }

    public void Dispose()
    {
        _loop.Shutdown(CloseReason.ServerShutdown);
        Driver.Dispose();
    }
}
