using Microsoft.AspNetCore.Http;

namespace Penstock.Kestrel.Tests;

public abstract partial class TransportContract
{
    private const int Large = 100 * 1024 * 1024;

    /// <summary>What the kernel may hold between two sockets, generously.</summary>
    private const int KernelBuffers = 24 * 1024 * 1024;

    [Fact]
    public async Task An_upload_of_100_MB_arrives_byte_for_byte()
    {
        await using TestServer server = await TestServer.StartAsync(
            Kind, CountAsync, kestrel: null, listen: null, configure: Unlimited);
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {Large}\r\n\r\n");

        await SendRestAsync(client, 0);

        Assert.Contains($"{Large}\r\n", await client.ReadResponseAsync());
    }

    [Fact]
    public async Task A_download_of_100_MB_arrives_byte_for_byte()
    {
        await using TestServer server = await TestServer.StartAsync(Kind, ProduceAsync, configure: Unlimited);
        using HttpClient client = server.CreateClient();

        using HttpResponseMessage response =
            await client.GetAsync("", HttpCompletionOption.ResponseHeadersRead, Canceled);

        Assert.Equal(Large, await VerifyAsync(await response.Content.ReadAsStreamAsync(Canceled)));
    }

    [Fact]
    public async Task An_application_that_does_not_read_stops_its_client_and_later_gets_every_byte()
    {
        TaskCompletionSource read = NewSignal();
        await using TestServer server = await TestServer.StartAsync(
            Kind,
            async context =>
            {
                await read.Task;
                await CountAsync(context);
            },
            configure: Unlimited,
            maxReadBuffer: 64 * 1024);
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {Large}\r\n\r\n");

        long taken = await client.SendUntilStalledAsync(Pattern.Fill, Large);
        read.SetResult();
        await SendRestAsync(client, taken);

        Assert.InRange(taken, 1, KernelBuffers);
        Assert.Contains($"{Large}\r\n", await client.ReadResponseAsync());
    }

    [Fact]
    public async Task A_client_that_does_not_read_stops_the_application_and_later_gets_every_byte()
    {
        long written = 0;
        await using TestServer server = await TestServer.StartAsync(
            Kind, context => ProduceAsync(context, count => Interlocked.Add(ref written, count)), configure: Unlimited);
        using HttpClient client = server.CreateClient();
        using HttpResponseMessage response =
            await client.GetAsync("", HttpCompletionOption.ResponseHeadersRead, Canceled);

        // Some must have been written, or a machine that is too busy for the application would look like a transport
        // that stops it.
        await Deadline.Until(() => Interlocked.Read(ref written) > 0, "the application writes");
        long before = -1;
        while (before != Interlocked.Read(ref written))
        {
            before = Interlocked.Read(ref written);
            await Task.Delay(300, Canceled);
        }

        Assert.InRange(before, 1, KernelBuffers);
        Assert.Equal(Large, await VerifyAsync(await response.Content.ReadAsStreamAsync(Canceled)));
    }

    [Fact]
    public async Task Both_directions_flow_at_once()
    {
        await using TestServer server = await TestServer.StartAsync(
            Kind, context => context.Request.Body.CopyToAsync(context.Response.Body, Canceled), configure: Unlimited);
        using RawClient client = await server.ConnectAsync();
        const int length = 8 * 1024 * 1024;
        byte[] body = new byte[length];
        Pattern.Fill(body, 0);
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");

        Task sending = client.SendAsync(body);
        string reply = await client.ReadToEndAsync();
        await sending;

        Assert.InRange(reply.Length, length, length * 2);
    }

    [Fact]
    public async Task A_slow_client_gets_a_whole_reply()
    {
        await using TestServer server = await TestServer.StartAsync(
            Kind,
            context =>
            {
                context.Response.ContentLength = 150_000;
                return context.Response.WriteAsync(new string('s', 150_000), Canceled);
            },
            configure: Unlimited);
        using RawClient client = await server.ConnectAsync();
        client.Socket.ReceiveBufferSize = 16_384;
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

        string reply = await client.ReadToEndAsync();

        Assert.EndsWith(new string('s', 150_000), reply);
    }

    private static async Task CountAsync(HttpContext context)
    {
        byte[] buffer = new byte[128 * 1024];
        long total = 0;
        bool intact = true;
        int count;
        while ((count = await context.Request.Body.ReadAsync(buffer, Canceled)) > 0)
        {
            intact &= Pattern.Matches(buffer.AsSpan(0, count), total);
            total += count;
        }

        await context.Response.WriteAsync(intact ? $"{total}\r\n" : "damaged", Canceled);
    }

    private static Task ProduceAsync(HttpContext context) => ProduceAsync(context, _ => { });

    private static async Task ProduceAsync(HttpContext context, Action<int> written)
    {
        context.Response.ContentLength = Large;
        byte[] chunk = new byte[100_000];
        for (long sent = 0; sent < Large; sent += chunk.Length)
        {
            int count = (int)Math.Min(chunk.Length, Large - sent);
            Pattern.Fill(chunk.AsSpan(0, count), sent);
            await context.Response.Body.WriteAsync(chunk.AsMemory(0, count), Canceled);
            written(count);
        }
    }

    private static async Task<long> VerifyAsync(Stream body)
    {
        byte[] buffer = new byte[128 * 1024];
        long total = 0;
        int count;
        while ((count = await body.ReadAsync(buffer, Canceled)) > 0)
        {
            Assert.True(Pattern.Matches(buffer.AsSpan(0, count), total), $"Damaged after {total} bytes.");
            total += count;
        }

        return total;
    }

    private static async Task SendRestAsync(RawClient client, long sent)
    {
        byte[] chunk = new byte[256 * 1024];
        while (sent < Large)
        {
            int count = (int)Math.Min(chunk.Length, Large - sent);
            Pattern.Fill(chunk.AsSpan(0, count), sent);
            await client.SendAsync(chunk.AsMemory(0, count));
            sent += count;
        }
    }
}
