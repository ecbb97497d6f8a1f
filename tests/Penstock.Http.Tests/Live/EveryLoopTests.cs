using Penstock.Http.Tests.Conformance;

namespace Penstock.Http.Tests.Live;

/// <summary>What the server does from time to time is done on every loop, also on those that come later.</summary>
public sealed class EveryLoopTests
{
    [Theory]
    [InlineData(null)]
    [InlineData(IoMechanism.ThreadPerConnection)]
    public async Task The_date_goes_on(IoMechanism? io)
    {
        await using var live = new LiveServer(DefaultRoutes.Create(), io: io);
        using HttpClient client = live.CreateClient();
        DateTimeOffset first = await ReadDateAsync();
        await Until.TrueAsync(async () => await ReadDateAsync() > first);

        async Task<DateTimeOffset> ReadDateAsync()
        {
            using HttpResponseMessage response = await client.GetAsync("/", LiveServer.Patience);
            return response.Headers.Date!.Value;
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData(IoMechanism.ThreadPerConnection)]
    public async Task A_head_that_does_not_come_is_timed_out(IoMechanism? io)
    {
        var limits = new HttpOptions { HeadTimeout = TimeSpan.FromMilliseconds(500) };
        await using var live = new LiveServer(DefaultRoutes.Create(), http: limits, io: io);
        using var slow = new RawClient(live.Port);
        await slow.SendAsync("GET / HTTP/1.1\r\nHost:");
        Assert.Equal(408, Assert.Single(ResponseReader.ReadAll(await slow.ReadToEndAsync())).Status);
    }

    /// <summary>Loops are added while the page adds up what those that there are have done.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData(IoMechanism.ThreadPerConnection)]
    public async Task The_status_page_is_right_while_connections_come(IoMechanism? io)
    {
        const int rounds = 20, clients = 16;
        if (io is null)
            TestIo.SkipIfOneAtATime();
        await using var live = new LiveServer(DefaultRoutes.Create(), loops: 2, io: io);
        using HttpClient watcher = live.CreateClient();
        using var stop = new CancellationTokenSource();
        Task watching = WatchAsync();
        for (int round = 0; round < rounds; round++)
            await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => GetOnceAsync()));
        await stop.CancelAsync();
        await watching;
        Assert.True(live.Server.ReadStatistics().Requests > rounds * clients);

        async Task WatchAsync()
        {
            do
                Assert.Contains("\"requests\":", await watcher.GetStringAsync("/status", LiveServer.Patience));
            while (!stop.IsCancellationRequested);
        }

        async Task GetOnceAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/");
            request.Headers.Connection.Add("close");
            using HttpClient client = live.CreateClient();
            using HttpResponseMessage response = await client.SendAsync(request, LiveServer.Patience);
            Assert.True(response.IsSuccessStatusCode);
        }
    }
}
