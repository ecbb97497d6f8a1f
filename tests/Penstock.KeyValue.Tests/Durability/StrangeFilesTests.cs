using Penstock.KeyValue.Durability;
using Penstock.KeyValue.Durability.Files;
using Penstock.KeyValue.Storage;

namespace Penstock.KeyValue.Tests.Durability;

/// <summary>What else may be in a data directory, under the names of logs and snapshots or under others.</summary>
public sealed class StrangeFilesTests
{
    /// <summary>Opening it must not wait for somebody who writes to it.</summary>
    [Theory]
    [InlineData("log-00000001")]
    [InlineData("snapshot-00000001")]
    public async Task A_pipe_in_the_place_of_a_file_is_an_error(string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no named pipes in directories.");
        using var directory = new TemporaryDirectory();
        using (var mkfifo = new ChildProcess("mkfifo", Path.Combine(directory.Path, name)))
            Assert.Equal(0, await mkfifo.WaitForExitAsync());
        Assert.Throws<DiskException>(() => KeyValueStorage.Check(directory.Path));
        Assert.Throws<DiskException>(() => Start(directory));
    }

    [Fact]
    public void A_link_that_leads_to_no_log_is_an_error()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a privilege.");
        using var directory = new TemporaryDirectory();
        File.CreateSymbolicLink(
            Path.Combine(directory.Path, "log-00000001"), Path.Combine(directory.Path, "nothing"));
        Assert.Throws<DiskException>(() => KeyValueStorage.Check(directory.Path));
        Assert.Throws<DiskException>(() => Start(directory));
    }

    [Fact]
    public async Task Only_snapshots_that_were_not_finished_are_removed()
    {
        using var directory = new TemporaryDirectory();
        string[] others = ["report.tmp", "snapshot-1.tmp", "snapshot-0000000x.tmp"];
        foreach (string other in others)
            await File.WriteAllTextAsync(PathOf(other), "kept", TestContext.Current.CancellationToken);
        Directory.CreateDirectory(PathOf("folder.tmp"));
        await File.WriteAllTextAsync(PathOf("snapshot-00000007.tmp"), "", TestContext.Current.CancellationToken);
        await Start(directory).DisposeAsync();
        Assert.All(others, other => Assert.True(File.Exists(PathOf(other)), other));
        Assert.False(File.Exists(PathOf("snapshot-00000007.tmp")));

        string PathOf(string name) => Path.Combine(directory.Path, name);
    }

    /// <summary>A log that a later start does not see would be lost without a word.</summary>
    [Fact]
    public void Numbers_may_have_more_than_eight_digits()
    {
        using var directory = new TemporaryDirectory();
        using DataDirectory data = DataDirectory.Open(directory.Path, Disk.System);
        data.OpenSegment(99_999_999).Dispose();
        data.OpenSegment(100_000_000).Dispose();
        Assert.Equal([99_999_999, 100_000_000], data.Segments());
        Assert.Throws<DiskException>(() => data.OpenSegment(int.MinValue));
    }

    private static KeyValueServer Start(TemporaryDirectory directory) =>
        Servers.Start(options => options.DataDirectory = directory.Path);
}
