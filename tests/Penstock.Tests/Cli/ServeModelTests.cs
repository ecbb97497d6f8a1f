using System.Net;
using Penstock.Drivers;
using Penstock.Tests.Server;

namespace Penstock.Tests.Cli;

/// <summary>The options of <c>penstock serve</c> that choose a mechanism or a model: each does what it says.</summary>
public sealed class ServeModelTests
{
    public ServeModelTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "The models need a POSIX system.");

    [Theory]
    [InlineData("io_uring", "io_uring")]
    [InlineData("epoll", "epoll, level-triggered, 1 loop")]
    [InlineData("poll", "poll, level-triggered, 1 loop")]
    [InlineData("kqueue", "kqueue, level-triggered, 1 loop")]
    [InlineData("sockets", ".NET sockets, 1 loop")]
    [InlineData("blocking", "blocking, one connection at a time")]
    [InlineData("thread-per-connection", "blocking, a thread per connection, at most 1024")]
    public async Task A_mechanism_that_is_named_is_the_one_that_serves(string io, string description)
    {
        string? refusal = DriverProbe.Examine().First(report => report.Mechanism == TestIo.Named(io)).Refusal;
        Assert.SkipWhen(refusal is not null, $"{io}: {refusal}");
        await using CliProcess server = Serve("--io", io, "--loops", "1");
        await ExchangeAsync(server);
        Assert.Contains($"({description}", server.Output[0], StringComparison.Ordinal);
        await StopAsync(server);
    }

    [Theory]
    [InlineData("edge", "edge-triggered")]
    [InlineData("oneshot", "oneshot-triggered")]
    public async Task A_trigger_that_is_named_is_the_one_that_reports(string trigger, string description)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "epoll is Linux's.");
        await using CliProcess server = Serve("--io", "epoll", "--trigger", trigger, "--loops", "1");
        await ExchangeAsync(server);
        Assert.Contains(description, server.Output[0], StringComparison.Ordinal);
        await StopAsync(server);
    }

    [Fact]
    public async Task Busy_wait_serves_several_at_once_and_warns_of_what_it_burns()
    {
        await using CliProcess server = Serve("--io", "busy-wait", "--loops", "1");
        using TestClient first = await TestClient.ConnectAsync(await server.WaitEndPointAsync());
        using TestClient second = await TestClient.ConnectAsync(await server.WaitEndPointAsync());
        await first.ExchangeAsync();
        await second.ExchangeAsync();
        await StopAsync(server);
        Assert.Contains("burns a whole processor", Assert.Single(server.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Busy_wait_one_serves_one_client_to_its_end_and_then_the_next()
    {
        await using CliProcess server = Serve("--busy-wait-one");
        await AssertOneAtATimeAsync(await server.WaitEndPointAsync());
        Assert.Contains("busy-wait", server.Output[0], StringComparison.Ordinal);
        Assert.Contains("one connection at a time", server.Output[0], StringComparison.Ordinal);
        await StopAsync(server);
        Assert.Contains("burns a whole processor", server.Errors[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Blocking_serves_one_client_to_its_end_and_then_the_next()
    {
        await using CliProcess server = Serve("--io", "blocking");
        await AssertOneAtATimeAsync(await server.WaitEndPointAsync());
        await StopAsync(server);
    }

    [Fact]
    public async Task Read_slice_timeouts_end_a_silent_client()
    {
        await using CliProcess server = Serve("--io", "blocking", "--read-slice-timeouts", "3", "--idle-timeout", "0");
        using TestClient client = await TestClient.ConnectAsync(await server.WaitEndPointAsync());
        await client.ExchangeAsync();
        await client.ExpectEndAsync();
        await StopAsync(server);
    }

    [Theory]
    [InlineData("--read-slice-timeouts", "0")]
    [InlineData("--trigger", "edge", "--io", "blocking")]
    [InlineData("--trigger", "edge", "--io", "poll")]
    public async Task What_a_mechanism_does_not_have_is_one_line_and_not_a_server(params string[] arguments)
    {
        var ended = await CliProcess.RunAsync(["serve", "echo", "--port", "0", .. arguments]);
        Assert.NotEqual(0, ended.ExitCode);
        Assert.Empty(ended.Output);
        Assert.StartsWith("penstock: ", Assert.Single(ended.Errors), StringComparison.Ordinal);
    }

    private static CliProcess Serve(params string[] arguments) =>
        CliProcess.Start(["serve", "echo", "--port", "0", .. arguments]);

    private static async Task AssertOneAtATimeAsync(IPEndPoint endPoint)
    {
        TestClient first = await TestClient.ConnectAsync(endPoint);
        await first.ExchangeAsync();
        using TestClient second = await TestClient.ConnectAsync(endPoint);
        await second.SendFrameAsync("my turn");
        for (int i = 0; i < 100; i++)
            await first.ExchangeAsync();
        second.ExpectSilence();
        first.Dispose();
        Assert.Equal("my turn"u8.ToArray(), await second.ReceiveFrameAsync());
    }

    private static async Task ExchangeAsync(CliProcess server)
    {
        using TestClient client = await TestClient.ConnectAsync(await server.WaitEndPointAsync());
        await client.ExchangeAsync();
    }

    private static async Task StopAsync(CliProcess server)
    {
        server.Signal(CliProcess.SigTerm);
        Assert.Equal(0, await server.WaitForExitAsync());
    }
}
