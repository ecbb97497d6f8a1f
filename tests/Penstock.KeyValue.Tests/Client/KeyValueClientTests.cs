using System.Net;
using System.Net.Sockets;
using Penstock.KeyValue.Client;

namespace Penstock.KeyValue.Tests.Client;

public sealed class KeyValueClientTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_put_is_read_back()
    {
        await using KeyValueServer server = Servers.Start();
        await using var client = new KeyValueClient(server.EndPoint!);
        await client.PutAsync("k", "käse", Cancellation);
        Assert.Equal("käse", await client.GetAsync("k", Cancellation));
        Assert.Null(await client.GetAsync("missing", Cancellation));
    }

    [Fact]
    public async Task Bytes_that_are_no_text_are_read_back_and_never_taken_for_other_text()
    {
        await using KeyValueServer server = Servers.Start();
        await using var client = new KeyValueClient(server.EndPoint!);
        byte[] key = [0xFF];
        byte[] value = [0xC0, 0xAF, 0];
        await client.PutBytesAsync(key, value, Cancellation);
        Assert.Equal(value, await client.GetBytesAsync(key, Cancellation));
        Assert.Null(await client.GetBytesAsync(new byte[] { 0xFE }, Cancellation));
        Assert.Null(await client.GetAsync("\uFFFD", Cancellation));

        await client.PutBytesAsync("k"u8.ToArray(), value, Cancellation);
        await Assert.ThrowsAsync<InvalidDataException>(() => client.GetAsync("k", Cancellation));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => client.GetAsync("\uD800", Cancellation));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => client.PutAsync("k", "\uD800", Cancellation));
    }

    [Fact]
    public async Task Many_requests_at_once_get_their_own_replies()
    {
        await using KeyValueServer server = Servers.Start(loops: 2);
        await using var client = new KeyValueClient(server.EndPoint!);
        await Task.WhenAll(Enumerable.Range(0, 2_000).Select(i => client.PutAsync($"k{i}", $"v{i}", Cancellation)));
        string?[] values = await Task.WhenAll(
            Enumerable.Range(0, 2_000).Select(i => client.GetAsync($"k{i}", Cancellation)));
        Assert.Equal(Enumerable.Range(0, 2_000).Select(i => $"v{i}"), values);
    }

    [Fact]
    public async Task A_lost_connection_is_made_again()
    {
        KeyValueServer server = Servers.Start();
        await using var client = new KeyValueClient(server.EndPoint!);
        await client.PutAsync("k", "1", Cancellation);
        EndPoint endPoint = server.EndPoint!;
        await server.DisposeAsync();
        await using KeyValueServer again = Servers.Start(options => options.Protobuf!.EndPoint = endPoint);

        // The loss may be noticed by the request that finds it.
        await Until.TrueAsync(async () =>
        {
            try
            {
                return await client.GetAsync("k", Cancellation) is null;
            }
            catch (IOException)
            {
                return false;
            }
        });
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_given_up_in_time()
    {
        using Socket nobody = Ports.Hold();
        var options = new KeyValueClientOptions { ConnectTimeout = TimeSpan.FromMilliseconds(200) };
        await using var client = new KeyValueClient(nobody.LocalEndPoint!, options);
        await Assert.ThrowsAsync<SocketException>(() => client.GetAsync("k", Cancellation));
    }

    [Fact]
    public async Task A_cancelled_request_does_not_shift_the_replies_of_others()
    {
        await using KeyValueServer server = Servers.Start();
        await using var client = new KeyValueClient(server.EndPoint!);
        for (int i = 0; i < 200; i++)
        {
            using var cancelled = new CancellationTokenSource();
            Task<string?> first = client.GetAsync("other", cancelled.Token);
            Task put = client.PutAsync("k", $"{i}", Cancellation);
            Task<string?> second = client.GetAsync("k", Cancellation);
            await cancelled.CancelAsync();
            await put;
            Assert.Equal($"{i}", await second);
            await first.ContinueWith(_ => { }, Cancellation, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    [Fact]
    public async Task A_refused_put_is_told()
    {
        await using KeyValueServer server = Servers.Start(options => options.MaxMemoryBytes = 1);
        await using var client = new KeyValueClient(server.EndPoint!);
        await Assert.ThrowsAsync<KeyValueException>(() => client.PutAsync("k", "v", Cancellation));
    }
}
