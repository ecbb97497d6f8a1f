using System.CommandLine;
using Penstock.Http;

namespace Penstock.Cli.Commands;

/// <summary><c>penstock serve http</c>: Hello, uploads, the server's status, and the files of a directory.</summary>
internal static class HttpCommand
{
    private const int DefaultPort = 8000;
    private const int DefaultMaxBodyBytes = 100 * 1024 * 1024;
    private const int ReadBytesPerTurn = 64 * 1024;

    public static Command Create()
    {
        var arguments = new ServerArguments(
            DefaultPort, DefaultMaxBodyBytes, long.MaxValue, TimeSpan.FromSeconds(60));
        Option<string?> root = Options.ExistingDirectory("--root", "Directory whose files are served.");
        Option<string[]> hosts = Options.Several(
            "--allowed-host",
            "A host that is answered for, *.NAME for all below it, or * for every one; may be given several times. "
            + "Left out, it is localhost and addresses on loopback, and every host elsewhere.",
            "HOST",
            HttpOptions.IsHostPattern);

        var command = new Command("http", "HTTP/1.1: GET /, POST /upload, GET /status, and files with --root.");
        arguments.AddTo(command);
        command.Options.Add(root);
        command.Options.Add(hosts);
        command.SetAction((parsed, _) => RunAsync(
            arguments.Read(parsed),
            new HttpOptions
            {
                MaxBodyBytes = arguments.ReadMaxMessage(parsed),
                AllowedHosts = parsed.GetValue(hosts) ?? [],
            },
            parsed.GetValue(root)));
        return command;
    }

    private static Task<int> RunAsync(ServerOptions options, HttpOptions http, string? root)
    {
        // A message of this server is a body, which is never buffered; what the engine must hold is a head.
        options.MaxMessageBytes = http.MaxHeadBytes;

        // Uploads share their loop with small requests, which wait for one helping of every upload.
        options.Loops.MaxReadBytesPerTurn = ReadBytesPerTurn;
        return ServerRunner.RunAsync(
            "http", options, o => HttpServer.Start(o, http, DefaultRoutes.Create(root)).Listener);
    }
}
