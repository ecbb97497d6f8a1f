using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Penstock.Tests.Server;

namespace Penstock.Tests.Cli;

/// <summary>
/// Calls for sockets and threads that fail below the runtime, one kind at a time, under the command as it is run: what
/// fails at the start is one clear line, and what fails later costs at most a connection.
/// </summary>
public sealed class SystemCallFaultTests : IDisposable
{
    private readonly string _record = Path.GetTempFileName();

    public SystemCallFaultTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "strace is Linux's.");

    public void Dispose() => File.Delete(_record);

    [Theory]
    [InlineData("bind", "error=EADDRINUSE", "127.0.0.1:0 is in use.")]
    [InlineData("bind", "error=EACCES", "No permission to listen on 127.0.0.1:0.")]
    [InlineData("listen", "error=EADDRINUSE", "127.0.0.1:0 is in use.")]
    [InlineData("listen", "error=ENOBUFS", "Cannot listen on 127.0.0.1:0")]
    [InlineData("setsockopt", "error=ENOPROTOOPT", "Cannot listen on 127.0.0.1:0")]
    [InlineData("getsockname", "error=ENOBUFS", "Cannot listen on 127.0.0.1:0")]
    [InlineData("eventfd2", "error=EMFILE", "EMFILE")]
    [InlineData("epoll_ctl", "error=ENOMEM:when=2+", "ENOMEM")]
    [InlineData("clone3,clone", "error=EAGAIN:when=16+", "Cannot start the thread of loop")]
    public async Task A_start_that_fails_says_why_in_one_line(string calls, string failure, string message)
    {
        await using CliProcess server = Start(calls, failure, "--loops", "40");
        Assert.Equal(1, await server.WaitForExitAsync());
        Assert.Contains(message, Assert.Single(server.Errors), StringComparison.Ordinal);
        Assert.Empty(server.Output);
        Assert.True(Strace.CountInjected(_record) > 0);
    }

    [Theory]
    [InlineData("EMFILE", true)]
    [InlineData("ENFILE", true)]
    [InlineData("ENOMEM", true)]
    [InlineData("ENOBUFS", true)]
    [InlineData("EPERM", true)]
    [InlineData("ECONNABORTED", false)]
    [InlineData("EPROTO", false)]
    public async Task An_accept_that_fails_for_a_while_is_overcome(string error, bool isReported)
    {
        await using CliProcess server = Start("accept4", $"error={error}:when=1..3", "--loops", "1");
        IPEndPoint endPoint = await server.WaitEndPointAsync();
        await Patience.UntilAsync(() => IsServedAsync(endPoint));
        Assert.True(Strace.CountInjected(_record) >= 1);
        Assert.Equal(isReported, server.Errors.Any(line => line.Contains(error, StringComparison.Ordinal)));
        await StopAsync(server);
    }

    [Fact]
    public async Task A_listener_that_breaks_ends_the_server_and_says_why()
    {
        await using CliProcess server = Start("accept4", "error=ENOTSOCK", "--loops", "2");
        IPEndPoint endPoint = await server.WaitEndPointAsync();
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(endPoint, TestContext.Current.CancellationToken);
        Assert.Equal(1, await server.WaitForExitAsync());
        Assert.Contains(server.Errors, line => line.Contains("ENOTSOCK", StringComparison.Ordinal));
    }

    /// <summary>
    /// The first few of a loop's thread are its wake descriptor and its listener; what follows is connections. The
    /// calls are counted for each thread, and .NET registers a socket on the thread that waits first, so a later
    /// connection may fail again: each that is not served must have met an injected failure.
    /// </summary>
    [Theory]
    [InlineData("epoll", "epoll_ctl", "error=ENOMEM:when=3..6")]
    [InlineData("sockets", "epoll_ctl", "error=ENOMEM:when=2..4")]
    [InlineData("epoll", "recvfrom", "error=ENOBUFS:when=1")]
    [InlineData("epoll", "sendto", "error=ENOBUFS:when=1")]
    [InlineData("epoll", "sendto", "error=EPIPE:when=1")]
    public async Task A_call_for_a_connection_that_fails_costs_that_one_at_most(string io, string call, string failure)
    {
        await using CliProcess server = Start(call, failure, "--loops", "1", "--io", io);
        IPEndPoint endPoint = await server.WaitEndPointAsync();
        await Patience.UntilAsync(async () =>
        {
            int injected = Strace.CountInjected(_record);
            bool isServed = await IsServedAsync(endPoint);
            Assert.True(isServed || Strace.CountInjected(_record) > injected);
            return isServed && injected > 0;
        });

        Assert.DoesNotContain(server.Errors, line => line.Contains("has ended", StringComparison.Ordinal));
        await StopAsync(server);
    }

    /// <summary>
    /// A call that does not return holds its loop, as a handler does that does not. The tracer holds the thread also
    /// when the process has ended, so it goes before the process is waited for.
    /// </summary>
    [Fact]
    public async Task A_command_whose_loop_is_held_ends_when_it_is_told_to()
    {
        await using CliProcess server = CliProcess.Start(
            "serve", "echo", "--port", "0", "--loops", "1", "--io", "epoll", "--shutdown-timeout", "100ms");
        IPEndPoint endPoint = await server.WaitEndPointAsync();
        string[] words = Strace.Words(_record, "recvfrom", "delay_enter=600000000");
        using Process tracer = Process.Start(words[0], [.. words[1..], "-qq", "-p", $"{server.Id}"]);
        try
        {
            using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await client.ConnectAsync(endPoint, TestContext.Current.CancellationToken);
            await Patience.UntilAsync(async () =>
            {
                await client.SendAsync(new byte[1], TestContext.Current.CancellationToken);
                return File.ReadAllText(_record).Contains("recvfrom(", StringComparison.Ordinal);
            });

            server.Signal(CliProcess.SigTerm);
            await Patience.UntilAsync(() => server.Errors.Any(
                line => line.Contains("does not return", StringComparison.Ordinal)));
        }
        finally
        {
            tracer.Kill();
        }

        Assert.Equal(0, await server.WaitForExitAsync());
    }

    private CliProcess Start(string calls, string failure, params string[] arguments) => CliProcess.StartThrough(
        [.. Strace.Words(_record, calls, failure), "-qq", "-D"], ["serve", "echo", "--port", "0", .. arguments]);

    private static async Task<bool> IsServedAsync(IPEndPoint endPoint)
    {
        try
        {
            using TestClient client = await TestClient.ConnectAsync(endPoint);
            await client.ExchangeAsync();
            client.FinishSending();
            await client.ExpectEndAsync();
            return true;
        }
        catch (SocketException)
        {
            // Turned away, or it met the failure.
            return false;
        }
    }

    private static async Task StopAsync(CliProcess server)
    {
        server.Signal(CliProcess.SigTerm);
        Assert.Equal(0, await server.WaitForExitAsync());
    }
}
