using System.CommandLine;
using Penstock.Cli.Commands;

namespace Penstock.Cli;

/// <summary>
/// The whole command: what it offers, and what it says of a command line that it does not understand.
/// </summary>
internal static class CommandLine
{
    /// <summary>Does what a command line asks for; returns an <see cref="ExitCode"/>.</summary>
    public static async Task<int> RunAsync(string[] arguments)
    {
        ParseResult parsed = Parse(arguments);
        if (Problem(parsed) is { } problem)
        {
            await Console.Error.WriteLineAsync($"penstock: {problem}");
            return ExitCode.Usage;
        }

        // Servers end by themselves, in order; the default would cut them short after two seconds.
        return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
    }

    public static ParseResult Parse(string[] arguments)
    {
        var root = new RootCommand("Penstock: servers on event loops.")
        {
            ServeCommand.Create(),
            BroadcastClientCommand.CreateSend(),
            BroadcastClientCommand.CreateListen(),
            KeyValueClientCommand.Create(),
            DoctorCommand.Create(),
        };

        // No response files: an argument that begins with @ names an abstract socket, or is a value of somebody's key.
        return root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
    }

    /// <summary>
    /// One line, also for a command line with several mistakes: the first is often the cause of the others.
    /// </summary>
    public static string? Problem(ParseResult parsed) =>
        parsed.Errors.Count == 0 ? null : parsed.Errors[0].Message.ReplaceLineEndings(" ");
}
