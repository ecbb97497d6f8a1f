using System.Net.Sockets;

namespace Penstock.Tests.Server;

/// <summary>Unix domain sockets, and the file that one leaves behind.</summary>
public sealed class UnixEndPointTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public UnixEndPointTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "Unix paths are tested on Unix.");

    private string SocketPath => _directory.PathOf("echo.sock");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_path_is_served_and_its_file_goes_with_the_server()
    {
        await using (TestServer server = Start(SocketPath))
        {
            Assert.True(File.Exists(SocketPath));
            using TestClient client = await server.ConnectAsync();
            await client.ExchangeAsync();
        }

        Assert.False(File.Exists(SocketPath));
    }

    [Fact]
    public async Task A_server_whose_directory_is_gone_stops_all_the_same()
    {
        await using TestServer server = Start(SocketPath);
        using TestClient client = await server.ConnectAsync();
        await client.ExchangeAsync();
        Directory.Delete(Path.GetDirectoryName(SocketPath)!, recursive: true);
        await server.Server.StopAsync(new CancellationToken(canceled: true)).Bounded();
        await server.Server.Completion.Bounded();
        await client.ExpectGoneAsync();
        Directory.CreateDirectory(Path.GetDirectoryName(SocketPath)!);
    }

    [Fact]
    public async Task The_file_stays_when_the_collector_takes_the_socket_that_made_it()
    {
        await using TestServer server = Start(SocketPath);
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.True(File.Exists(SocketPath));
        using TestClient client = await server.ConnectAsync();
        await client.ExchangeAsync();
    }

    [Fact]
    public async Task The_file_of_a_server_that_is_gone_is_replaced()
    {
        using (var crashed = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            crashed.Bind(new UnixDomainSocketEndPoint(SocketPath));
            crashed.Listen();
            string kept = _directory.PathOf("kept");

            // Closing a socket that .NET bound removes its file; a crash does not.
            File.Move(SocketPath, kept);
            crashed.Dispose();
            File.Move(kept, SocketPath);
        }

        Assert.True(File.Exists(SocketPath));
        await using TestServer server = Start(SocketPath);
        using TestClient client = await server.ConnectAsync();
        await client.ExchangeAsync();
    }

    [Fact]
    public async Task The_file_of_a_live_server_is_refused_and_that_server_goes_on()
    {
        await using TestServer server = Start(SocketPath);
        var refused = Assert.Throws<SocketException>(() => Start(SocketPath));
        Assert.Equal(SocketError.AddressAlreadyInUse, refused.SocketErrorCode);
        using TestClient client = await server.ConnectAsync();
        await client.ExchangeAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("somebody's data")]
    public async Task A_regular_file_is_never_deleted(string content)
    {
        await File.WriteAllTextAsync(SocketPath, content, TestContext.Current.CancellationToken);
        var refused = Assert.Throws<SocketException>(() => Start(SocketPath));
        Assert.Equal(SocketError.AddressAlreadyInUse, refused.SocketErrorCode);
        Assert.Equal(content, await File.ReadAllTextAsync(SocketPath, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_directory_is_refused_and_stays()
    {
        Directory.CreateDirectory(SocketPath);
        Assert.Throws<SocketException>(() => Start(SocketPath));
        Assert.True(Directory.Exists(SocketPath));
    }

    [Fact]
    public async Task An_abstract_name_leaves_no_file()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Abstract names are Linux's.");
        await using TestServer server = Start($"\0penstock-test-{Guid.NewGuid():N}");
        using TestClient client = await server.ConnectAsync();
        await client.ExchangeAsync();
    }

    [Fact]
    public async Task Both_ends_of_a_connection_are_known_as_far_as_they_have_names()
    {
        await using TestServer server = Start(SocketPath);
        using TestClient client = await server.ConnectAsync();
        ConnectionId id = await server.Journal.WaitOpenedAsync();
        string? local = null;
        server.Group.Post(id, connection =>
        {
            local = connection.LocalEndPoint?.ToString();
            _ = connection.RemoteEndPoint;
        });
        await client.ExchangeAsync();
        Assert.Equal(SocketPath, local);
    }

    [Fact]
    public async Task Two_loops_share_a_path()
    {
        TestIo.SkipUnlessLoopsAreShared();
        await using TestServer server = TestServer.Echo(o =>
        {
            o.EndPoint = new UnixDomainSocketEndPoint(SocketPath);
            o.Loops.Count = 2;
        });
        TestClient[] clients = [.. await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => server.ConnectAsync()))];
        foreach (TestClient client in clients)
            await client.ExchangeAsync();
        Assert.Equal(2, server.Journal.Opened.Select(id => id.Loop).Distinct().Count());
        Array.ForEach(clients, client => client.Dispose());
    }

    private static TestServer Start(string path) =>
        TestServer.Echo(o => o.EndPoint = new UnixDomainSocketEndPoint(path));
}
