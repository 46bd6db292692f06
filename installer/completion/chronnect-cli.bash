# bash completion for chronnect-cli, written by: chronnect-cli help --format bash
_chronnect_cli() {
    local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" options="" choices=""
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W "help simulate inspect extract quality connectivity store pretrain finetune experiment predict explain reconstruct export report render devices verify --help --version" -- "$current"))
        return
    fi
    case "${COMP_WORDS[1]}:$previous" in
        extract:--time-axis) choices="automatic rows columns" ;;
        extract:--confounds) choices="none minimal 6p 12p 24p 36p acompcor10 acompcor50 aroma custom" ;;
        extract:--filter) choices="none butterworth cosine" ;;
        extract:--standardize) choices="none zscore zscore_population psc" ;;
        quality:--time-axis) choices="automatic rows columns" ;;
        quality:--confounds) choices="none minimal 6p 12p 24p 36p acompcor10 acompcor50 aroma custom" ;;
        quality:--filter) choices="none butterworth cosine" ;;
        quality:--standardize) choices="none zscore zscore_population psc" ;;
        connectivity:--time-axis) choices="automatic rows columns" ;;
        connectivity:--confounds) choices="none minimal 6p 12p 24p 36p acompcor10 acompcor50 aroma custom" ;;
        connectivity:--filter) choices="none butterworth cosine" ;;
        connectivity:--standardize) choices="none zscore zscore_population psc" ;;
        connectivity:--taper) choices="rectangular gaussian hamming" ;;
        connectivity:--count-rule) choices="inclusive stagin" ;;
        connectivity:--format) choices="npy tsv relmat csv mat" ;;
        store:--time-axis) choices="automatic rows columns" ;;
        store:--confounds) choices="none minimal 6p 12p 24p 36p acompcor10 acompcor50 aroma custom" ;;
        store:--filter) choices="none butterworth cosine" ;;
        store:--standardize) choices="none zscore zscore_population psc" ;;
        pretrain:--time-axis) choices="automatic rows columns" ;;
        pretrain:--confounds) choices="none minimal 6p 12p 24p 36p acompcor10 acompcor50 aroma custom" ;;
        pretrain:--filter) choices="none butterworth cosine" ;;
        pretrain:--standardize) choices="none zscore zscore_population psc" ;;
        pretrain:--readout) choices="sero garo mean" ;;
        pretrain:--pooling) choices="mean sum param" ;;
        pretrain:--node-target) choices="fc_profile input_feature" ;;
        pretrain:--node-loss) choices="usual scaled_cosine mean_squared" ;;
        pretrain:--node-mask) choices="random block" ;;
        pretrain:--decoder) choices="usual mixer gin mlp" ;;
        pretrain:--time-code) choices="usual whole_series masked_series none" ;;
        pretrain:--ema-schedule) choices="linear cosine" ;;
        pretrain:--node-feature) choices="bold_patch fc_row" ;;
        pretrain:--gap) choices="non_overlapping published" ;;
        pretrain:--hand-out) choices="best last" ;;
        pretrain:--precision) choices="float32 bf16 tf32" ;;
        finetune:--time-axis) choices="automatic rows columns" ;;
        finetune:--confounds) choices="none minimal 6p 12p 24p 36p acompcor10 acompcor50 aroma custom" ;;
        finetune:--filter) choices="none butterworth cosine" ;;
        finetune:--standardize) choices="none zscore zscore_population psc" ;;
        finetune:--mode) choices="full linear_probe from_scratch" ;;
        finetune:--readout) choices="sero garo mean" ;;
        finetune:--pooling) choices="mean sum param" ;;
        finetune:--fold-by) choices="subject family site" ;;
        finetune:--precision) choices="float32 bf16 tf32" ;;
        experiment:--time-axis) choices="automatic rows columns" ;;
        experiment:--confounds) choices="none minimal 6p 12p 24p 36p acompcor10 acompcor50 aroma custom" ;;
        experiment:--filter) choices="none butterworth cosine" ;;
        experiment:--standardize) choices="none zscore zscore_population psc" ;;
        experiment:--pretrain-readout) choices="sero garo mean" ;;
        experiment:--pretrain-pooling) choices="mean sum param" ;;
        experiment:--pretrain-node-target) choices="fc_profile input_feature" ;;
        experiment:--pretrain-node-loss) choices="usual scaled_cosine mean_squared" ;;
        experiment:--pretrain-node-mask) choices="random block" ;;
        experiment:--pretrain-decoder) choices="usual mixer gin mlp" ;;
        experiment:--pretrain-time-code) choices="usual whole_series masked_series none" ;;
        experiment:--pretrain-ema-schedule) choices="linear cosine" ;;
        experiment:--pretrain-node-feature) choices="bold_patch fc_row" ;;
        experiment:--pretrain-gap) choices="non_overlapping published" ;;
        experiment:--pretrain-hand-out) choices="best last" ;;
        experiment:--pretrain-precision) choices="float32 bf16 tf32" ;;
        experiment:--finetune-mode) choices="full linear_probe from_scratch" ;;
        experiment:--finetune-readout) choices="sero garo mean" ;;
        experiment:--finetune-pooling) choices="mean sum param" ;;
        experiment:--finetune-fold-by) choices="subject family site" ;;
        experiment:--finetune-precision) choices="float32 bf16 tf32" ;;
        predict:--time-axis) choices="automatic rows columns" ;;
        predict:--confounds) choices="none minimal 6p 12p 24p 36p acompcor10 acompcor50 aroma custom" ;;
        predict:--filter) choices="none butterworth cosine" ;;
        predict:--standardize) choices="none zscore zscore_population psc" ;;
        predict:--pooling) choices="sum mean param" ;;
        explain:--time-axis) choices="automatic rows columns" ;;
        explain:--confounds) choices="none minimal 6p 12p 24p 36p acompcor10 acompcor50 aroma custom" ;;
        explain:--filter) choices="none butterworth cosine" ;;
        explain:--standardize) choices="none zscore zscore_population psc" ;;
        reconstruct:--time-axis) choices="automatic rows columns" ;;
        reconstruct:--confounds) choices="none minimal 6p 12p 24p 36p acompcor10 acompcor50 aroma custom" ;;
        reconstruct:--filter) choices="none butterworth cosine" ;;
        reconstruct:--standardize) choices="none zscore zscore_population psc" ;;
        export:--format) choices="torchscript npz safetensors" ;;
        report:--time-axis) choices="automatic rows columns" ;;
        report:--confounds) choices="none minimal 6p 12p 24p 36p acompcor10 acompcor50 aroma custom" ;;
        report:--filter) choices="none butterworth cosine" ;;
        report:--standardize) choices="none zscore zscore_population psc" ;;
        report:--taper) choices="rectangular gaussian hamming" ;;
        report:--count-rule) choices="inclusive stagin" ;;
        report:--rule) choices="absolute signed proportional_signed proportional_absolute stagin" ;;
        report:--pretrain-readout) choices="sero garo mean" ;;
        report:--pretrain-pooling) choices="mean sum param" ;;
        report:--pretrain-node-target) choices="fc_profile input_feature" ;;
        report:--pretrain-node-loss) choices="usual scaled_cosine mean_squared" ;;
        report:--pretrain-node-mask) choices="random block" ;;
        report:--pretrain-decoder) choices="usual mixer gin mlp" ;;
        report:--pretrain-time-code) choices="usual whole_series masked_series none" ;;
        report:--pretrain-ema-schedule) choices="linear cosine" ;;
        report:--pretrain-node-feature) choices="bold_patch fc_row" ;;
        report:--pretrain-gap) choices="non_overlapping published" ;;
        report:--pretrain-hand-out) choices="best last" ;;
        report:--pretrain-precision) choices="float32 bf16 tf32" ;;
        report:--finetune-mode) choices="full linear_probe from_scratch" ;;
        report:--finetune-readout) choices="sero garo mean" ;;
        report:--finetune-pooling) choices="mean sum param" ;;
        report:--finetune-fold-by) choices="subject family site" ;;
        report:--finetune-precision) choices="float32 bf16 tf32" ;;
        render:--time-axis) choices="automatic rows columns" ;;
        render:--confounds) choices="none minimal 6p 12p 24p 36p acompcor10 acompcor50 aroma custom" ;;
        render:--filter) choices="none butterworth cosine" ;;
        render:--standardize) choices="none zscore zscore_population psc" ;;
        render:--taper) choices="rectangular gaussian hamming" ;;
        render:--count-rule) choices="inclusive stagin" ;;
        render:--kind) choices="connectome matrix" ;;
        render:--view) choices="left right top bottom front back oblique" ;;
    esac
    if [ -n "$choices" ]; then
        COMPREPLY=($(compgen -W "$choices" -- "$current"))
        return
    fi
    case "${COMP_WORDS[1]}" in
        simulate) options="--seed --subjects --second-sessions --volumes --repetition-time --states --dwell-seconds --group-dwell-ratio --age-effect --fingerprint --noise --motion --voxel-mm --json --progress --quiet --help" ;;
        inspect) options="--model --json --progress --quiet --help" ;;
        extract) options="--atlas --atlas-table --accept-atlas --participants --exclude --time-axis --variable --repetition-time --maximum-runs --settings --minimum-coverage --use-mask --smoothing-fwhm-mm --no-clean --detrend --confounds --confound-pattern --global-signal --filter --high-pass-hz --low-pass-hz --filter-order --fd-threshold-mm --dvars-threshold --minimum-segment --drop-non-steady-state --standardize --output --format --json --progress --quiet --help" ;;
        quality) options="--atlas --atlas-table --accept-atlas --participants --exclude --time-axis --variable --repetition-time --maximum-runs --settings --minimum-coverage --use-mask --smoothing-fwhm-mm --no-clean --detrend --confounds --confound-pattern --global-signal --filter --high-pass-hz --low-pass-hz --filter-order --fd-threshold-mm --dvars-threshold --minimum-segment --drop-non-steady-state --standardize --flag-fd-threshold-mm --flag-maximum-mean-fd-mm --flag-minimum-kept-minutes --flag-minimum-coverage --flag-outlier-deviation --output --json --progress --quiet --help" ;;
        connectivity) options="--atlas --atlas-table --accept-atlas --participants --exclude --time-axis --variable --repetition-time --maximum-runs --settings --minimum-coverage --use-mask --smoothing-fwhm-mm --no-clean --detrend --confounds --confound-pattern --global-signal --filter --high-pass-hz --low-pass-hz --filter-order --fd-threshold-mm --dvars-threshold --minimum-segment --drop-non-steady-state --standardize --length --step --taper --taper-sigma --count-rule --fisher-z --output --format --static --json --progress --quiet --help" ;;
        store) options="--atlas --atlas-table --accept-atlas --participants --exclude --time-axis --variable --repetition-time --maximum-runs --settings --minimum-coverage --use-mask --smoothing-fwhm-mm --no-clean --detrend --confounds --confound-pattern --global-signal --filter --high-pass-hz --low-pass-hz --filter-order --fd-threshold-mm --dvars-threshold --minimum-segment --drop-non-steady-state --standardize --output --json --progress --quiet --help" ;;
        pretrain) options="--atlas --atlas-table --accept-atlas --participants --exclude --time-axis --variable --repetition-time --maximum-runs --settings --minimum-coverage --use-mask --smoothing-fwhm-mm --no-clean --detrend --confounds --confound-pattern --global-signal --filter --high-pass-hz --low-pass-hz --filter-order --fd-threshold-mm --dvars-threshold --minimum-segment --drop-non-steady-state --standardize --output --checkpoints --resume --branch-from --minutes --dry-run --history --objective --window-length --window-step --density --hidden --layers --heads --readout --pooling --dropout --attention-dropout --node-target --node-loss --cosine-power --node-mask --node-mask-ratio --edge-mask-ratio --decoder --time-code --blocks --block-smallest --block-largest --ema-start --ema-end --ema-schedule --node-feature --remask --replace-share --edge-drop --gap --spatial-weight --node-weight --edge-weight --targets-per-scan --steps --batch --accumulate --crop-volumes --learning-rate --warmup --weight-decay --gradient-clip --validation-share --evaluate-every --checkpoint-every --hand-out --seed --device --precision --json --progress --quiet --help" ;;
        finetune) options="--atlas --atlas-table --accept-atlas --participants --exclude --time-axis --variable --repetition-time --maximum-runs --settings --minimum-coverage --use-mask --smoothing-fwhm-mm --no-clean --detrend --confounds --confound-pattern --global-signal --filter --high-pass-hz --low-pass-hz --filter-order --fd-threshold-mm --dvars-threshold --minimum-segment --drop-non-steady-state --standardize --model --output --predictions --results --checkpoints --resume --history --force --target --mode --window-length --window-step --density --hidden --layers --heads --readout --pooling --dropout --attention-dropout --fold-by --folds --inner-validation --epochs --batch --accumulate --crop-volumes --learning-rate --max-learning-rate --orthogonality --gradient-clip --label-permutation --permutations --baselines --from-scratch --linear-probe --label-shares --missing-shares --final-model --seed --device --precision --json --progress --quiet --help" ;;
        experiment) options="--atlas --atlas-table --accept-atlas --participants --exclude --time-axis --variable --repetition-time --maximum-runs --settings --minimum-coverage --use-mask --smoothing-fwhm-mm --no-clean --detrend --confounds --confound-pattern --global-signal --filter --high-pass-hz --low-pass-hz --filter-order --fd-threshold-mm --dvars-threshold --minimum-segment --drop-non-steady-state --standardize --targets --output --seeds --only-seed --pretrain-per-fold --pretrain-objective --pretrain-window-length --pretrain-window-step --pretrain-density --pretrain-hidden --pretrain-layers --pretrain-heads --pretrain-readout --pretrain-pooling --pretrain-dropout --pretrain-attention-dropout --pretrain-node-target --pretrain-node-loss --pretrain-cosine-power --pretrain-node-mask --pretrain-node-mask-ratio --pretrain-edge-mask-ratio --pretrain-decoder --pretrain-time-code --pretrain-blocks --pretrain-block-smallest --pretrain-block-largest --pretrain-ema-start --pretrain-ema-end --pretrain-ema-schedule --pretrain-node-feature --pretrain-remask --pretrain-replace-share --pretrain-edge-drop --pretrain-gap --pretrain-spatial-weight --pretrain-node-weight --pretrain-edge-weight --pretrain-targets-per-scan --pretrain-steps --pretrain-batch --pretrain-accumulate --pretrain-crop-volumes --pretrain-learning-rate --pretrain-warmup --pretrain-weight-decay --pretrain-gradient-clip --pretrain-validation-share --pretrain-evaluate-every --pretrain-checkpoint-every --pretrain-hand-out --pretrain-seed --pretrain-device --pretrain-precision --finetune-target --finetune-mode --finetune-window-length --finetune-window-step --finetune-density --finetune-hidden --finetune-layers --finetune-heads --finetune-readout --finetune-pooling --finetune-dropout --finetune-attention-dropout --finetune-fold-by --finetune-folds --finetune-inner-validation --finetune-epochs --finetune-batch --finetune-accumulate --finetune-crop-volumes --finetune-learning-rate --finetune-max-learning-rate --finetune-orthogonality --finetune-gradient-clip --finetune-label-permutation --finetune-permutations --finetune-baselines --finetune-from-scratch --finetune-linear-probe --finetune-label-shares --finetune-missing-shares --finetune-final-model --finetune-seed --finetune-device --finetune-precision --json --progress --quiet --help" ;;
        predict) options="--atlas --atlas-table --accept-atlas --participants --exclude --time-axis --variable --repetition-time --maximum-runs --settings --minimum-coverage --use-mask --smoothing-fwhm-mm --no-clean --detrend --confounds --confound-pattern --global-signal --filter --high-pass-hz --low-pass-hz --filter-order --fd-threshold-mm --dvars-threshold --minimum-segment --drop-non-steady-state --standardize --model --series --output --device --pooling --force --as-is --window-length --window-step --density --json --progress --quiet --help" ;;
        explain) options="--atlas --atlas-table --accept-atlas --participants --exclude --time-axis --variable --repetition-time --maximum-runs --settings --minimum-coverage --use-mask --smoothing-fwhm-mm --no-clean --detrend --confounds --confound-pattern --global-signal --filter --high-pass-hz --low-pass-hz --filter-order --fd-threshold-mm --dvars-threshold --minimum-segment --drop-non-steady-state --standardize --model --output --scan --device --force --json --progress --quiet --help" ;;
        reconstruct) options="--atlas --atlas-table --accept-atlas --participants --exclude --time-axis --variable --repetition-time --maximum-runs --settings --minimum-coverage --use-mask --smoothing-fwhm-mm --no-clean --detrend --confounds --confound-pattern --global-signal --filter --high-pass-hz --low-pass-hz --filter-order --fd-threshold-mm --dvars-threshold --minimum-segment --drop-non-steady-state --standardize --model --output --scan --device --at-window --temporal --regions --pairs --hidden-from --hidden-to --seed --force --json --progress --quiet --help" ;;
        export) options="--output --format --window-length --window-step --density --json --progress --quiet --help" ;;
        report) options="--atlas --atlas-table --accept-atlas --participants --exclude --time-axis --variable --repetition-time --maximum-runs --settings --minimum-coverage --use-mask --smoothing-fwhm-mm --no-clean --detrend --confounds --confound-pattern --global-signal --filter --high-pass-hz --low-pass-hz --filter-order --fd-threshold-mm --dvars-threshold --minimum-segment --drop-non-steady-state --standardize --output --no-learning --model --length --step --taper --taper-sigma --count-rule --fisher-z --rule --value --percent --pretrain-objective --pretrain-window-length --pretrain-window-step --pretrain-density --pretrain-hidden --pretrain-layers --pretrain-heads --pretrain-readout --pretrain-pooling --pretrain-dropout --pretrain-attention-dropout --pretrain-node-target --pretrain-node-loss --pretrain-cosine-power --pretrain-node-mask --pretrain-node-mask-ratio --pretrain-edge-mask-ratio --pretrain-decoder --pretrain-time-code --pretrain-blocks --pretrain-block-smallest --pretrain-block-largest --pretrain-ema-start --pretrain-ema-end --pretrain-ema-schedule --pretrain-node-feature --pretrain-remask --pretrain-replace-share --pretrain-edge-drop --pretrain-gap --pretrain-spatial-weight --pretrain-node-weight --pretrain-edge-weight --pretrain-targets-per-scan --pretrain-steps --pretrain-batch --pretrain-accumulate --pretrain-crop-volumes --pretrain-learning-rate --pretrain-warmup --pretrain-weight-decay --pretrain-gradient-clip --pretrain-validation-share --pretrain-evaluate-every --pretrain-checkpoint-every --pretrain-hand-out --pretrain-seed --pretrain-device --pretrain-precision --finetune-target --finetune-mode --finetune-window-length --finetune-window-step --finetune-density --finetune-hidden --finetune-layers --finetune-heads --finetune-readout --finetune-pooling --finetune-dropout --finetune-attention-dropout --finetune-fold-by --finetune-folds --finetune-inner-validation --finetune-epochs --finetune-batch --finetune-accumulate --finetune-crop-volumes --finetune-learning-rate --finetune-max-learning-rate --finetune-orthogonality --finetune-gradient-clip --finetune-label-permutation --finetune-permutations --finetune-baselines --finetune-from-scratch --finetune-linear-probe --finetune-label-shares --finetune-missing-shares --finetune-final-model --finetune-seed --finetune-device --finetune-precision --json --progress --quiet --help" ;;
        render) options="--atlas --atlas-table --accept-atlas --participants --exclude --time-axis --variable --repetition-time --maximum-runs --settings --minimum-coverage --use-mask --smoothing-fwhm-mm --no-clean --detrend --confounds --confound-pattern --global-signal --filter --high-pass-hz --low-pass-hz --filter-order --fd-threshold-mm --dvars-threshold --minimum-segment --drop-non-steady-state --standardize --length --step --taper --taper-sigma --count-rule --fisher-z --output --kind --scan --at-window --view --edges-percent --width --height --dark --labels --json --progress --quiet --help" ;;
        devices) options="--json --progress --quiet --help" ;;
        verify) options="--json --progress --quiet --help" ;;
    esac
    if [[ "$current" == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$current"))
    else
        COMPREPLY=($(compgen -f -- "$current"))
    fi
}
complete -o filenames -F _chronnect_cli chronnect-cli
