using Penstock.KeyValue.Durability.Files;

namespace Penstock.KeyValue.Tests.Durability;

/// <summary>Somebody else's hands in the data directory while a server uses it.</summary>
public sealed class PlaceTests
{
    [Fact]
    public async Task A_second_server_is_refused_although_the_lock_file_was_deleted()
    {
        using var directory = new TemporaryDirectory();
        await using KeyValueServer server = Start(directory.Path);
        File.Delete(Path.Combine(directory.Path, "lock"));
        IOException refused = Assert.Throws<IOException>(() => Start(directory.Path));
        Assert.Equal($"{directory.Path} is in use by another process.", refused.Message);

        // And it has let go of what it had locked before it was refused.
        refused = Assert.Throws<IOException>(() => Start(directory.Path));
        Assert.Equal($"{directory.Path} is in use by another process.", refused.Message);
        using RespClient client = await RespClient.ConnectAsync(server);
        Assert.Equal("+OK|", await client.CallAsync("SET", "a", "1"));
    }

    [Fact]
    public async Task A_server_that_was_refused_has_removed_nothing()
    {
        using var directory = new TemporaryDirectory();
        await using KeyValueServer server = Start(directory.Path);
        File.Delete(Path.Combine(directory.Path, "lock"));
        string unfinished = Path.Combine(directory.Path, "snapshot-00000002.tmp");
        await File.WriteAllTextAsync(unfinished, "of the first server", TestContext.Current.CancellationToken);
        Assert.Throws<IOException>(() => Start(directory.Path));
        Assert.True(File.Exists(unfinished));
    }

    [Fact]
    public async Task The_lock_is_kept_when_the_log_goes_on_in_another_file()
    {
        using var directory = new TemporaryDirectory();
        await using KeyValueServer server = Start(directory.Path);
        File.Delete(Path.Combine(directory.Path, "lock"));
        await server.Database.Log!.RotateAsync();
        Assert.Throws<IOException>(() => Start(directory.Path));
    }

    [Theory]
    [InlineData("directory removed", SyncPolicy.Always)]
    [InlineData("directory removed", SyncPolicy.EverySecond)]
    [InlineData("directory removed", SyncPolicy.Never)]
    [InlineData("directory replaced", SyncPolicy.Always)]
    [InlineData("log removed", SyncPolicy.Always)]
    [InlineData("log replaced", SyncPolicy.Always)]
    [InlineData("log replaced", SyncPolicy.Never)]
    public async Task Writes_are_refused_once_the_log_is_not_at_its_path(string slip, SyncPolicy sync)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows does not remove what is open.");
        using var place = new TemporaryDirectory();
        string data = Path.Combine(place.Path, "data");
        await using KeyValueServer server = Start(data, sync);
        using (RespClient client = await RespClient.ConnectAsync(server))
            Assert.Equal("+OK|", await client.CallAsync("SET", "a", "1"));
        string log = Path.Combine(data, "log-00000001");
        switch (slip)
        {
            case "directory removed":
                Directory.Delete(data, recursive: true);
                break;
            case "directory replaced":
                Directory.Move(data, data + ".old");
                Directory.CreateDirectory(data);
                break;
            case "log removed":
                File.Delete(log);
                break;
            default:
                File.Move(log, log + ".old");
                await File.WriteAllTextAsync(log, "another", TestContext.Current.CancellationToken);
                break;
        }

        if (sync == SyncPolicy.Always)
        {
            using RespClient client = await RespClient.ConnectAsync(server);
            await client.SendAsync(RespClient.Encode("SET", "b", "2"));
            Assert.NotEqual("+OK|", await client.EndsAsync() ? "" : await client.ReadAsync());
        }

        await Until.TrueAsync(() => server.Database.Log!.Failure is not null);
        using RespClient next = await RespClient.ConnectAsync(server);
        Assert.Equal(
            "-MISCONF Errors writing to the AOF file: the file was removed or replaced while the server used it|",
            await next.CallAsync("SET", "c", "3"));
        Assert.Equal("$1|1|", await next.CallAsync("GET", "a"));
    }

    [Fact]
    public async Task Writes_go_on_when_the_directory_is_put_back()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows does not move what is open.");
        using var place = new TemporaryDirectory();
        string data = Path.Combine(place.Path, "data");
        await using (KeyValueServer server = Start(data))
        {
            Directory.Move(data, data + ".away");
            await Until.TrueAsync(() => server.Database.Log!.Failure is not null);
            Directory.Move(data + ".away", data);
            await Until.TrueAsync(() => server.Database.Log!.Failure is null);
            using RespClient client = await RespClient.ConnectAsync(server);
            Assert.Equal("+OK|", await client.CallAsync("SET", "a", "1"));
        }

        await using KeyValueServer again = Start(data);
        using RespClient reader = await RespClient.ConnectAsync(again);
        Assert.Equal("$1|1|", await reader.CallAsync("GET", "a"));
    }

    [Fact]
    public async Task A_directory_that_cannot_be_written_is_not_called_in_use()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "It is about the permissions of a Unix.");
        using var directory = new TemporaryDirectory();
        await using (Start(directory.Path))
        {
        }

        string notDirectory = directory.Log;
        IOException refused = Assert.Throws<DiskException>(() => Start(notDirectory));
        Assert.Equal($"{notDirectory}/lock: open: Not a directory", refused.Message);
    }

    private static KeyValueServer Start(string directory, SyncPolicy sync = SyncPolicy.Always) =>
        Servers.Start(options =>
        {
            options.DataDirectory = directory;
            options.Sync = sync;
        });
}
