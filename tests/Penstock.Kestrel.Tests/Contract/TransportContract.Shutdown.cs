using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Penstock.Kestrel.Tests;

public abstract partial class TransportContract
{
    [Fact]
    public async Task A_graceful_stop_finishes_the_requests_that_are_under_way()
    {
        TaskCompletionSource started = NewSignal();
        TaskCompletionSource release = NewSignal();
        await using TestServer server = await TestServer.StartAsync(Kind, async context =>
        {
            started.SetResult();
            await release.Task;
            await context.Response.WriteAsync("finished", Canceled);
        });
        using HttpClient client = server.CreateClient();
        Task<string> reply = client.GetStringAsync("", Canceled);
        await started.Task.Within();

        Task stopping = server.StopAsync(Canceled);
        release.SetResult();

        Assert.Equal("finished", await reply.Within());
        await stopping.Within();
    }

    [Fact]
    public async Task A_stopped_server_refuses_connections_and_ends_idle_ones()
    {
        await using TestServer server = await TestServer.StartAsync(Kind, DescribeAsync);
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.ReadResponseAsync();

        await server.StopAsync(Canceled).Within();

        Assert.Equal("", await client.ReadToEndAsync());
        await Assert.ThrowsAsync<SocketException>(server.ConnectAsync);
    }

    [Fact]
    public async Task A_stop_that_runs_out_of_time_aborts_what_is_left()
    {
        var request = new EndlessRequest();
        await using TestServer server = await TestServer.StartAsync(Kind, request.RunAsync);
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await request.Started.Within();

        using var impatient = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await server.StopAsync(impatient.Token).Within();

        await request.Aborted.Within();
        Assert.Equal(SocketError.ConnectionReset, await client.ReadToErrorAsync());
    }

    [Fact]
    public async Task A_server_can_be_started_again_on_the_port_of_a_stopped_one()
    {
        await using TestServer first = await TestServer.StartAsync(Kind, DescribeAsync);
        int port = first.Port;
        await first.StopAsync(Canceled).Within();

        await using TestServer second = await TestServer.StartAsync(
            Kind, DescribeAsync, kestrel: options => options.ListenLocalhost(port));
        using HttpClient client = second.CreateClient();

        Assert.Equal("GET / 0", await client.GetStringAsync("", Canceled));
    }

    [Fact]
    public async Task A_host_is_disposed_with_connections_open()
    {
        TestServer server = await TestServer.StartAsync(Kind, DescribeAsync);
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.ReadResponseAsync();
        var lifetime = server.Services.GetRequiredService<IHostApplicationLifetime>();

        await server.DisposeAsync().AsTask().Within();

        Assert.True(lifetime.ApplicationStopped.IsCancellationRequested);
        Assert.True(await client.ReadToErrorAsync() is SocketError.Success or SocketError.ConnectionReset);
    }

    [Fact]
    public async Task A_host_is_disposed_without_having_been_stopped()
    {
        TestServer server = await TestServer.StartAsync(Kind, DescribeAsync);
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.ReadResponseAsync();
        IPEndPoint endPoint = server.EndPoint;

        await server.DisposeWithoutStoppingAsync().AsTask().Within();

        Assert.True(await client.ReadToErrorAsync() is SocketError.Success or SocketError.ConnectionReset);
        await Assert.ThrowsAsync<SocketException>(() => RawClient.ConnectAsync(endPoint));
    }
}
