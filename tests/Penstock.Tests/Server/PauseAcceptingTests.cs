namespace Penstock.Tests.Server;

/// <summary>A server whose owner wants no newcomers for a while.</summary>
public sealed class PauseAcceptingTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Newcomers_wait_while_accepting_is_paused_and_are_served_afterwards(int loops)
    {
        await using TestServer server = TestServer.Echo(options => options.Loops.Count = loops);
        using TestClient before = await server.ConnectAsync();
        await before.ExchangeAsync();

        server.Server.PauseAccepting();
        server.Server.PauseAccepting();
        using TestClient newcomer = await server.ConnectAsync();
        await newcomer.SendFrameAsync("let me in");
        await before.ExchangeAsync();
        newcomer.ExpectSilence();
        Assert.Equal(1, server.Server.ConnectionCount);

        server.Server.ResumeAccepting();
        server.Server.ResumeAccepting();
        Assert.Equal("let me in"u8.ToArray(), await newcomer.ReceiveFrameAsync());
        await newcomer.ExchangeAsync();
        Assert.Equal(2, server.Server.ConnectionCount);
    }

    [Fact]
    public async Task A_server_that_was_full_meanwhile_lets_the_next_in_when_it_has_room()
    {
        await using TestServer server = TestServer.Echo(options =>
        {
            options.MaxConnections = 1;
            options.Loops.Count = 1;
        });
        using TestClient first = await server.ConnectAsync();
        await first.ExchangeAsync();
        using TestClient second = await server.ConnectAsync();
        await second.SendFrameAsync("let me in");

        server.Server.PauseAccepting();
        first.Dispose();
        await Patience.UntilAsync(() => server.Server.ConnectionCount == 0, "the first has left");
        second.ExpectSilence();
        server.Server.ResumeAccepting();

        Assert.Equal("let me in"u8.ToArray(), await second.ReceiveFrameAsync());
    }
}
