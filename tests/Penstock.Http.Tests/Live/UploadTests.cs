using Penstock.Http.Tests.Conformance;

namespace Penstock.Http.Tests.Live;

public sealed class UploadTests
{
    private const int Uploads = 50;
    private const int Bytes = 20 * 1024 * 1024;

    [Fact]
    public async Task Fifty_uploads_of_twenty_megabytes_at_once_on_one_loop_are_counted_and_not_kept()
    {
        TestIo.SkipIfOneAtATime();
        await using var live = new LiveServer(DefaultRoutes.Create());
        byte[] piece = new byte[256 * 1024];
        long before = await AllocatedOnLoopAsync(live.Server);

        int[] statuses = await Task.WhenAll(
            Enumerable.Range(0, Uploads).Select(_ => Task.Run(() => UploadAsync(live.Port, piece))));

        Assert.All(statuses, status => Assert.Equal(200, status));
        Assert.Equal((long)Uploads * Bytes, live.Server.ReadStatistics().BodyBytesReceived);

        Assert.InRange(await AllocatedOnLoopAsync(live.Server) - before, 0, 1024 * 1024);
    }

    private static async Task<long> AllocatedOnLoopAsync(HttpServer server)
    {
        var allocated = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Listener.Group[0].Post(() => allocated.SetResult(GC.GetAllocatedBytesForCurrentThread()));
        return await allocated.Task.WaitAsync(LiveServer.Patience);
    }

    private static async Task<int> UploadAsync(int port, byte[] piece)
    {
        using var client = new RawClient(port);
        await client.SendAsync(
            $"POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: {Bytes}\r\nConnection: close\r\n\r\n");
        for (int sent = 0; sent < Bytes; sent += piece.Length)
            await client.SendAsync(piece);
        ReadResponse response = Assert.Single(ResponseReader.ReadAll(await client.ReadToEndAsync()));
        Assert.Equal($"{Bytes}", response.Content);
        return response.Status;
    }
}
