using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Penstock.Kestrel.Connections;

namespace Penstock.Kestrel.Tests;

/// <summary>What the stock transport does not have, or has elsewhere.</summary>
public sealed class PenstockTransportTests
{
    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);

    private static CancellationToken Canceled => TestContext.Current.CancellationToken;

    [Fact]
    public void Options_are_bound_from_configuration()
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["Penstock:ApplicationScheduling"] = "Inline",
                ["Penstock:LoopCount"] = "3",
                ["Penstock:IoMechanism"] = "Poll",
                ["Penstock:MaxReadBufferSize"] = "0",
                ["Penstock:StallWarningThreshold"] = "00:00:02",
                ["Penstock:LingerTimeout"] = "00:00:03",
                ["Penstock:DrainTimeout"] = "00:00:04",
            })
            .Build();
        var services = new ServiceCollection();
        services.Configure<PenstockTransportOptions>(configuration.GetSection("Penstock"));

        PenstockTransportOptions options =
            services.BuildServiceProvider().GetRequiredService<IOptions<PenstockTransportOptions>>().Value;

        Assert.Equal(ApplicationScheduling.Inline, options.ApplicationScheduling);
        Assert.Equal(3, options.LoopCount);
        Assert.Equal(IoMechanism.Poll, options.IoMechanism);
        Assert.Equal(0, options.MaxReadBufferSize);
        Assert.Equal(TimeSpan.FromSeconds(2), options.StallWarningThreshold);
        Assert.Equal(TimeSpan.FromSeconds(3), options.LingerTimeout);
        Assert.Equal(TimeSpan.FromSeconds(4), options.DrainTimeout);
    }

    [Theory]
    [InlineData(nameof(PenstockTransportOptions.LoopCount))]
    [InlineData(nameof(PenstockTransportOptions.Backlog))]
    [InlineData(nameof(PenstockTransportOptions.MaxConnections))]
    [InlineData(nameof(PenstockTransportOptions.LingerTimeout))]
    [InlineData(nameof(PenstockTransportOptions.DrainTimeout))]
    [InlineData(nameof(PenstockTransportOptions.IoMechanism), IoMechanism.Blocking)]
    [InlineData(nameof(PenstockTransportOptions.IoMechanism), IoMechanism.ThreadPerConnection)]
    public async Task A_value_that_makes_no_sense_is_refused_by_name(string option, object? value = null)
    {
        var options = new PenstockTransportOptions();
        PropertyInfo property = typeof(PenstockTransportOptions).GetProperty(option)!;
        property.SetValue(options, value ?? Activator.CreateInstance(property.PropertyType));
        await using var transport = new PenstockTransportFactory(Options.Create(options), NullLoggerFactory.Instance);

        ArgumentOutOfRangeException refusal = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Canceled));

        Assert.Equal(option, refusal.ParamName);
    }

    [Fact]
    public async Task It_binds_what_it_knows_and_leaves_the_rest_to_others()
    {
        await using PenstockTransportFactory transport = Create();

        Assert.True(transport.CanBind(new IPEndPoint(IPAddress.Any, 80)));
        Assert.True(transport.CanBind(new UnixDomainSocketEndPoint("/tmp/x")));
        Assert.True(transport.CanBind(new FileHandleEndPoint(3, FileHandleType.Tcp)));
        Assert.False(transport.CanBind(new FileHandleEndPoint(3, FileHandleType.Pipe)));
        Assert.False(transport.CanBind(new DnsEndPoint("localhost", 80)));
        await Assert.ThrowsAsync<NotSupportedException>(
            async () => await transport.BindAsync(new DnsEndPoint("localhost", 80), Canceled));
    }

    [Theory]
    [InlineData(ApplicationScheduling.Inline)]
    [InlineData(ApplicationScheduling.ThreadPool)]
    public async Task A_client_and_a_server_talk_through_it(ApplicationScheduling scheduling)
    {
        await using PenstockTransportFactory transport = Create(new() { ApplicationScheduling = scheduling });
        await using IConnectionListener listener = await transport.BindAsync(AnyPort, Canceled);
        ConnectionContext client = await transport.ConnectAsync(listener.EndPoint, Canceled);
        ConnectionContext? server = await listener.AcceptAsync(Canceled);

        await client.Transport.Output.WriteAsync("question"u8.ToArray(), Canceled);
        ReadResult question = await server!.Transport.Input.ReadAtLeastAsync(8, Canceled);
        server.Transport.Input.AdvanceTo(question.Buffer.End);
        await server.Transport.Output.WriteAsync("answer"u8.ToArray(), Canceled);
        await server.DisposeAsync();
        ReadResult answer = await client.Transport.Input.ReadAtLeastAsync(100, Canceled);

        Assert.Equal("answer", Encoding.ASCII.GetString(answer.Buffer.ToArray()));
        Assert.True(answer.IsCompleted);
        Assert.Equal(listener.EndPoint, client.RemoteEndPoint);
        client.Transport.Input.AdvanceTo(answer.Buffer.End);
        await client.DisposeAsync();
    }

    [Fact]
    public async Task A_connection_to_nobody_is_refused()
    {
        await using PenstockTransportFactory transport = Create();
        var nobody = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        nobody.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        EndPoint endPoint = nobody.LocalEndPoint!;
        nobody.Dispose();

        await Assert.ThrowsAsync<SocketException>(async () => await transport.ConnectAsync(endPoint, Canceled));
    }

    [Fact]
    public async Task Accepting_ends_with_null_after_unbinding()
    {
        await using PenstockTransportFactory transport = Create();
        IConnectionListener listener = await transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Canceled);
        ValueTask<ConnectionContext?> accepting = listener.AcceptAsync(Canceled);

        await listener.UnbindAsync(Canceled);

        Assert.Null(await accepting.AsTask().Within());
        Assert.Null(await listener.AcceptAsync(Canceled));
        await listener.DisposeAsync();
    }

    [Fact]
    public async Task A_connection_goes_on_after_its_endpoint_was_unbound()
    {
        await using PenstockTransportFactory transport = Create();
        IConnectionListener listener = await transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Canceled);
        using RawClient client = await RawClient.ConnectAsync(listener.EndPoint);
        ConnectionContext? server = await listener.AcceptAsync(Canceled);

        await listener.UnbindAsync(Canceled);
        await client.SendAsync("still");

        Assert.Equal(5, (await server!.Transport.Input.ReadAtLeastAsync(5, Canceled)).Buffer.Length);
        await server.Transport.Output.WriteAsync("here"u8.ToArray(), Canceled);
        Assert.Equal("here", await client.ReadAsync(4));
        server.Abort();
        await listener.DisposeAsync();
    }

    [Fact]
    public async Task Connections_that_nobody_takes_stay_in_the_kernel()
    {
        const int Clients = 400, Loops = 2;
        await using PenstockTransportFactory transport = Create(new() { LoopCount = Loops, Backlog = Clients });
        await using IConnectionListener listener = await transport.BindAsync(AnyPort, Canceled);
        var clients = new List<RawClient>();
        for (int i = 0; i < Clients; i++)
            clients.Add(await RawClient.ConnectAsync(listener.EndPoint));
        await Deadline.Until(() => transport.Accepted() >= TransportListener.MaxUntaken, "as many as may wait do");
        await transport.TurnAsync();

        // Each loop may be in the middle of accepting one when another says that it is enough.
        int accepted = (int)transport.Accepted();
        Assert.InRange(accepted, TransportListener.MaxUntaken, TransportListener.MaxUntaken + Loops);

        var taken = new List<ConnectionContext>();
        while (taken.Count < Clients)
            taken.Add((await listener.AcceptAsync(Canceled).AsTask().Within())!);
        foreach (ConnectionContext connection in taken)
            await connection.Transport.Output.WriteAsync("served"u8.ToArray(), Canceled);
        foreach (RawClient client in clients)
            Assert.Equal("served", await client.ReadAsync(6));
        taken.ForEach(connection => connection.Abort());
        clients.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task The_limit_of_connections_is_for_each_endpoint_and_all_loops()
    {
        const int Limit = 3;
        await using PenstockTransportFactory transport = Create(new() { LoopCount = 2, MaxConnections = Limit });
        await using IConnectionListener first = await transport.BindAsync(AnyPort, Canceled);
        await using IConnectionListener second = await transport.BindAsync(AnyPort, Canceled);
        var clients = new List<RawClient>();
        var taken = new List<ConnectionContext>();
        foreach (IConnectionListener listener in new[] { first, second })
        {
            for (int i = 0; i < Limit * 3; i++)
                clients.Add(await RawClient.ConnectAsync(listener.EndPoint));
            for (int i = 0; i < Limit; i++)
                taken.Add((await listener.AcceptAsync(Canceled).AsTask().Within())!);
        }

        await transport.TurnAsync();
        Assert.Equal(Limit * 2, transport.Accepted());

        taken[0].Abort();
        taken.Add((await first.AcceptAsync(Canceled).AsTask().Within())!);
        taken.ForEach(connection => connection.Abort());
        clients.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task An_endpoint_that_breaks_ends_the_host()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(AnyPort);
        socket.Listen();
        var messages = new RecordedMessages();
        await using TestServer server = await TestServer.StartAsync(
            TransportKind.ThreadPool,
            context => context.Response.WriteAsync("served", Canceled),
            kestrel: options => options.ListenHandle((ulong)socket.Handle),
            configure: builder => builder.Logging.AddProvider(messages));
        var host = server.Services.GetRequiredService<IHostApplicationLifetime>();
        var transport = server.Services.GetRequiredService<PenstockTransportFactory>();
        Assert.False(transport.Completion.IsCompleted);

        // Whoever shares the listening socket may end it, and so may an operator.
        socket.Shutdown(SocketShutdown.Both);

        await Deadline.Until(() => host.ApplicationStopping.IsCancellationRequested, "the host is told to stop");
        await Assert.ThrowsAsync<SocketException>(() => transport.Completion.Within());
        Assert.Equal(1, messages.Count("the application is stopped"));
        await server.StopAsync(Canceled).Within();
    }

    [Fact]
    public async Task A_stop_ends_although_a_handler_holds_its_loop()
    {
        using var release = new ManualResetEventSlim();
        TaskCompletionSource held = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TestServer server = await TestServer.StartAsync(
            TransportKind.Inline,
            context =>
            {
                if (Thread.CurrentThread.Name?.StartsWith("penstock-loop", StringComparison.Ordinal) == true)
                {
                    held.TrySetResult();
                    release.Wait(CancellationToken.None);
                }

                return context.Response.WriteAsync("not on a loop", Canceled);
            },
            configure: builder => builder.Services.Configure<PenstockTransportOptions>(
                options => options.DrainTimeout = TimeSpan.FromMilliseconds(200)));
        using RawClient client = await server.ConnectAsync();
        while (!held.Task.IsCompleted)
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            await Task.WhenAny(held.Task, client.ReadResponseAsync()).Within();
        }

        try
        {
            using var impatient = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
            await server.StopAsync(impatient.Token).Within();
            await server.DisposeWithoutStoppingAsync().AsTask().Within();
        }
        finally
        {
            release.Set();
        }
    }

    [Fact]
    public async Task It_works_beside_the_stock_transport()
    {
        // The stock transport is registered by UseKestrel and still serves what Penstock does not.
        await using TestServer server = await TestServer.StartAsync(
            TransportKind.ThreadPool,
            context => context.Response.WriteAsync("both", Canceled),
            configure: builder => builder.WebHost.UseSockets().UsePenstock());
        using HttpClient client = server.CreateClient();

        Assert.Equal("both", await client.GetStringAsync("", Canceled));
        Assert.Contains("loop", server.Services.GetRequiredService<PenstockTransportFactory>().Description);
        Assert.True(server.Services.GetServices<IConnectionListenerFactory>().Count() > 1);
    }

    [Fact]
    public async Task An_abort_is_a_FIN_where_the_switch_asks_for_it()
    {
        await using PenstockTransportFactory transport = Create(new() { FinOnError = true });
        await using IConnectionListener listener = await transport.BindAsync(AnyPort, Canceled);
        using RawClient client = await RawClient.ConnectAsync(listener.EndPoint);
        ConnectionContext? server = await listener.AcceptAsync(Canceled);

        server!.Abort(new ConnectionAbortedException());

        Assert.Equal("", await client.ReadToEndAsync());
    }

    [Fact]
    public async Task Inline_runs_a_request_on_a_loop_and_the_thread_pool_does_not()
    {
        Assert.True(await RunsOnLoopAsync(TransportKind.Inline));
        Assert.False(await RunsOnLoopAsync(TransportKind.ThreadPool));
    }

    private static async Task<bool> RunsOnLoopAsync(TransportKind kind)
    {
        string? thread = null;
        await using TestServer server = await TestServer.StartAsync(kind, context =>
        {
            thread = Thread.CurrentThread.Name;
            return Task.CompletedTask;
        });
        using RawClient client = await server.ConnectAsync();

        // The first request may be read by whoever set the connection up.
        for (int i = 0; i < 3; i++)
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            await client.ReadResponseAsync();
        }

        return thread?.StartsWith("penstock-loop", StringComparison.Ordinal) == true;
    }

    private static PenstockTransportFactory Create(PenstockTransportOptions? options = null)
    {
        options ??= new PenstockTransportOptions();
        options.IoMechanism = TestIo.Mechanism;
        return new PenstockTransportFactory(Options.Create(options), NullLoggerFactory.Instance);
    }
}
