using System.CommandLine;
using Penstock.Cli;
using Penstock.Cli.Commands;

var root = new RootCommand("Penstock: servers on event loops.")
{
    ServeCommand.Create(),
    BroadcastClientCommand.CreateSend(),
    BroadcastClientCommand.CreateListen(),
    KeyValueClientCommand.Create(),
    DoctorCommand.Create(),
};

ParseResult parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (string message in parsed.Errors.Select(error => error.Message).Distinct())
        Console.Error.WriteLine($"penstock: {message}");
    return ExitCode.Usage;
}

// Servers end by themselves, in order; the default would cut them short after two seconds.
return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
