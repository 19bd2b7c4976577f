from kaibo.cli.main import main

raise SystemExit(main())
