using System.Runtime.InteropServices;
using Penstock.Http.Tests.Conformance;

namespace Penstock.Http.Tests.Live;

/// <summary>
/// A file that cannot be opened is not one that is not there. The kernel refuses, below the runtime: a filter on the
/// loop's own thread makes every opening there fail.
/// </summary>
public sealed class FileErrorTests : IDisposable
{
    private const int EIO = 5;
    private const int EACCES = 13;
    private const int ENOENT = 2;
    private const int ENFILE = 23;
    private const int EMFILE = 24;
    private const int ENOTDIR = 20;

    private readonly string _root = Directory.CreateTempSubdirectory("penstock-http-").FullName;

    public FileErrorTests() => File.WriteAllText(Path.Combine(_root, "a.txt"), "0123456789");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData(EMFILE, 500)]
    [InlineData(ENFILE, 500)]
    [InlineData(EIO, 500)]
    [InlineData(EACCES, 403)]
    [InlineData(ENOENT, 404)]
    [InlineData(ENOTDIR, 404)]
    public async Task What_keeps_a_file_from_being_opened_is_told_apart(int error, int status)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The filter is Linux's.");
        await using var live = new LiveServer(DefaultRoutes.Create(_root).Map("GET", "/confine", exchange =>
        {
            SeccompFilter.Install(OpenAt, error);
            exchange.Response.Send("confined"u8);
        }));
        using var client = new RawClient(live.Port);

        // Before the filter, so that whatever the runtime loads for a request is loaded.
        const string file = "GET /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n";
        await client.SendAsync(file);
        await client.ReadUntilAsync("0123456789");
        await client.SendAsync("GET /missing HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await client.ReadUntilAsync("404 Not Found\n");
        await client.SendAsync("GET /confine HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await client.ReadUntilAsync("confined");

        await client.SendAsync(file + "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        List<ReadResponse> responses = ResponseReader.ReadAll(await client.ReadToEndAsync());

        // Without an index the root says Hello; whether there is one is not known when nothing can be opened.
        Assert.Equal([status, status == 404 ? 200 : status], responses.Select(response => response.Status));
    }

    private static uint OpenAt => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 257,
        Architecture.Arm64 => 56,
        Architecture other => throw new NotSupportedException($"The number of openat on {other} is not known here."),
    };
}
